import { requestBytes } from './request-bytes.js';

const TARGET = { host: 'receiver.test:8443', path: '/hook?a=b' };

describe('the bytes of a request', () => {
  it.each([
    ['small', 3, 1],
    ['large', 100_000, 2],
  ])('are one POST with a length, its body as given: %s', (_, length, pieces) => {
    const body = Buffer.alloc(length, 'é');
    const bytes = requestBytes(TARGET, { Accept: '*/*', 'X-A': 'caf\xe9' }, body)('close');
    expect(bytes).toHaveLength(pieces);
    expect(Buffer.concat(bytes)).toEqual(
      Buffer.concat([
        Buffer.from(
          'POST /hook?a=b HTTP/1.1\r\nHost: receiver.test:8443\r\nAccept: */*\r\nX-A: caf\xe9\r\n' +
            `Connection: close\r\nContent-Length: ${length}\r\n\r\n`,
          'latin1',
        ),
        body,
      ]),
    );
  });

  it.each<[string, Partial<typeof TARGET>, Record<string, string>]>([
    ['a line end in a value', {}, { 'X-A': 'b\r\nX-C: d' }],
    ['a line feed in a value', {}, { 'X-A': 'b\nX-C: d' }],
    ['NUL in a value', {}, { 'X-A': 'b\0' }],
    ['a value beyond Latin-1', {}, { 'X-A': '€' }],
    ['a name with a colon', {}, { 'X-A: b\r\nX-C': 'd' }],
    ['an empty name', {}, { '': 'b' }],
    ['a path with a space', { path: '/a b' }, {}],
    ['a path with a line end', { path: '/a\r\nX: y' }, {}],
    ['an empty path', { path: '' }, {}],
    ['a host with a line end', { host: 'a\r\n' }, {}],
  ])('are not made with %s', (_, target, headers) => {
    expect(() => requestBytes({ ...TARGET, ...target }, headers, Buffer.alloc(0))).toThrow(TypeError);
  });
});
