import fc from 'fast-check';

import { visibleText } from './visible-text.js';

describe('a text that somebody else wrote', () => {
  it('shows the characters that would turn it round or hide in it', () => {
    expect(visibleText('https://good.example/\u202egnp.exe')).toBe('https://good.example/\\u202egnp.exe');
    expect(visibleText('a\u200bb\u0000c\u0085d\ud800e')).toBe('a\\u200bb\\u0000c\\u0085d\\ud800e');
    expect(visibleText('\u001b[31mred\r')).toBe('\\u001b[31mred\\u000d');
  });

  it('stays as it is in every script, with lines, tabs, markup and emoji', () => {
    const text = '<b>naïve</b>\tשלום\n面试 👩‍🚀 می‌خواهم';
    expect(visibleText(text)).toBe(text);
  });

  it('has no character afterwards that is not seen', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(visibleText(text)).not.toMatch(/[\u202a-\u202e\u2060-\u2069]|(?![\t\n])\p{Control}/u);
        expect(visibleText(visibleText(text))).toBe(visibleText(text));
      }),
    );
  });
});
