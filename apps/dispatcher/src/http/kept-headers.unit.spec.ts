import fc from 'fast-check';

import { readHeaders } from './answer-head.js';
import { KEPT_HEADERS, KEPT_HEADERS_LENGTH, KEPT_VALUE_LENGTH, keptHeaders } from './kept-headers.js';

const kept = (...lines: string[]) => ({ ...keptHeaders(readHeaders(lines)) });

describe('the headers kept of an answer', () => {
  it('have names in lower case, and values as they came', () => {
    expect(kept('Content-Type: text/plain; charset=utf-8', 'X-Request-ID:  a, b ')).toEqual({
      'content-type': 'text/plain; charset=utf-8',
      'x-request-id': 'a, b',
    });
  });

  it('hold the values of one name together', () => {
    expect(kept('Via: a', 'Age: 1', 'via: b')).toEqual({ via: 'a, b', age: '1' });
  });

  it.each([
    'Set-Cookie: session=1234',
    'Authorization: Bearer 1234',
    'WWW-Authenticate-Token: 1234',
    'X-Api-Key: 1234',
    'X-Amz-Security-Token: 1234',
    'X-Webhook-Signature-256: sha256=1234',
    'Webhook-Signature: v1,1234',
  ])('do not show the credential of “%s”', (line) => {
    expect(Object.values(kept(line))).toEqual(['…']);
  });

  it.each([
    ['Location: https://a.example/b?token=1234#5678', 'https://a.example/b…'],
    ['Location: /b#1234', '/b…'],
    ['Location: https://user:1234@a.example/b', '…@a.example/b'],
    ['Content-Location: //1234@a.example/?1234@', '…@a.example/…'],
    ['Refresh: 5; url=https://a.example/?key=1234', '5; url=https://a.example/…'],
    ['Link: <https://a.example/b?key=1234>; rel=next', '<https://a.example/b…'],
    ['Location: https://a.example/b', 'https://a.example/b'],
  ])('show the URL of “%s” without credentials, query and fragment', (line, shown) => {
    expect(Object.values(kept(line))).toEqual([shown]);
  });

  it('leave out what concerns the connection alone', () => {
    expect(kept('Connection: keep-alive', 'Keep-Alive: timeout=5', 'Transfer-Encoding: chunked')).toEqual({});
  });

  it('end a value that was cut with an ellipsis', () => {
    const long = 'x'.repeat(KEPT_VALUE_LENGTH + 1);
    expect(kept(`a: ${long}`, `b: ${long.slice(1)}`)).toEqual({
      a: `${'x'.repeat(KEPT_VALUE_LENGTH - 1)}…`,
      b: long.slice(1),
    });
  });

  it('are whole without any', () => {
    expect(kept()).toEqual({});
  });

  it('are the first ones of many', () => {
    const many = Array.from({ length: KEPT_HEADERS + 8 }, (_, index) => `h${index}: v`);
    expect(Object.keys(kept(...many))).toEqual(
      many.slice(0, KEPT_HEADERS).map((line) => line.slice(0, -': v'.length)),
    );
  });

  it('keep their bounds whatever an answer has', () => {
    const lengths = fc.tuple(fc.integer({ min: 1, max: 80 }), fc.nat(900));
    fc.assert(
      fc.property(fc.array(lengths, { maxLength: 60, size: 'max' }), (pairs) => {
        const lines = pairs.map(
          ([name, value], index) => `${index}${'n'.repeat(name)}: ${'v'.repeat(value)}`,
        );
        const entries = Object.entries(kept(...lines));
        expect(entries.length).toBeLessThanOrEqual(KEPT_HEADERS);
        expect(entries.every(([, text]) => text.length <= KEPT_VALUE_LENGTH)).toBe(true);
        expect(entries.flat().join('').length).toBeLessThanOrEqual(KEPT_HEADERS_LENGTH);
      }),
    );
  });

  it('take a name that objects inherit for a name like any other', () => {
    expect(JSON.stringify(keptHeaders(readHeaders(['__proto__: 1', 'constructor: 2'])))).toBe(
      '{"__proto__":"1","constructor":"2"}',
    );
  });
});
