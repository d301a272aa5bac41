import { parseJsonBody } from './json-body.js';
import { RefusalException } from './problems.js';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('a JSON body', () => {
  it('is read, an empty one as nothing, one with a byte order mark too', () => {
    expect(parseJsonBody(bytes('{"a":[1]}'))).toEqual({ a: [1] });
    expect(parseJsonBody(bytes(' \n'))).toBeUndefined();
    expect(parseJsonBody(bytes('\ufeff{"a":1}'))).toEqual({ a: 1 });
  });

  it.each([
    bytes('{'),
    bytes('nonsense'),
    bytes('['.repeat(100_000) + ']'.repeat(100_000)),
    bytes('{"a":1,"a":2}'),
    Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22),
    Uint8Array.of(0x22, 0xff, 0x22),
  ])('is refused when malformed', (content) => {
    expect(() => parseJsonBody(content)).toThrow(RefusalException);
  });
});
