import fc from 'fast-check';

import { bodyText } from './body-text.js';

describe('the kept body of an answer', () => {
  it('is its text', () => {
    expect(bodyText(Buffer.from('{"ok":"Zoë 🎉"}'), false)).toBe('{"ok":"Zoë 🎉"}');
  });

  it('leaves out a character cut apart by the limit, and marks one that the receiver cut apart', () => {
    const cut = Buffer.from('Zoë').subarray(0, 3);
    expect(bodyText(cut, true)).toBe('Zo');
    expect(bodyText(cut, false)).toBe('Zo\uFFFD');
  });

  it('holds neither NUL nor half a surrogate pair, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, isCut) => {
        const text = bodyText(Buffer.from(bytes), isCut);
        expect(text).not.toContain('\0');
        expect(text.isWellFormed()).toBe(true);
      }),
    );
  });
});
