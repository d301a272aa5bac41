import { Posting, postTo } from './testing/posting.js';

const posting = new Posting();
afterEach(() => posting.close());

/** Answers that RFC 9112 lets a client read, although they are not as it wants them written. */
const READ: Record<string, string> = {
  'line feeds alone (2.2)': 'HTTP/1.1 200 OK\nContent-Length: 4\nX-A: b\n\ndone',
  'line feeds here and there (2.2)': 'HTTP/1.1 200 OK\r\nContent-Length: 4\nX-A: b\r\n\ndone',
  'line feeds alone, chunked (2.2)': 'HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n4\ndone\n0\n\n',
  'empty lines before its status (2.2)': '\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone',
  'white space before its first header (2.2)': 'HTTP/1.1 200 OK\r\n X-A: b\r\nContent-Length: 4\r\n\r\ndone',
  'a later minor version (RFC 9110, 2.5)': 'HTTP/1.2 200 OK\r\nContent-Length: 4\r\n\r\ndone',
  'no reason phrase (4)': 'HTTP/1.1 200 \r\nContent-Length: 4\r\n\r\ndone',
  'no reason phrase and no space (4)': 'HTTP/1.1 200\r\nContent-Length: 4\r\n\r\ndone',
  'more than one space in its status line (4)': 'HTTP/1.1  200   OK\r\nContent-Length: 4\r\n\r\ndone',
  'a tab in its status line (4)': 'HTTP/1.1\t200\tOK\r\nContent-Length: 4\r\n\r\ndone',
  'a reason phrase of any bytes (4)': 'HTTP/1.1 200 \xff\x01: \xe9\r\nContent-Length: 4\r\n\r\ndone',
  'white space around a value (5.1)': 'HTTP/1.1 200 OK\r\nContent-Length:  \t4 \t\r\n\r\ndone',
  'white space before a colon (5.1)': 'HTTP/1.1 200 OK\r\nContent-Length : 4\r\n\r\ndone',
  'a folded header (5.2)': 'HTTP/1.1 200 OK\r\nX-A: b\r\n  c\r\n\td\r\nContent-Length: 4\r\n\r\ndone',
  'its length twice (6.3)': 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\ndone',
  'its length three times in a list (6.3)': 'HTTP/1.1 200 OK\r\nContent-Length: 4, 4,4\r\n\r\ndone',
  'its length twice, folded (5.2, 6.3)': 'HTTP/1.1 200 OK\r\nContent-Length: 4,\r\n 4\r\n\r\ndone',
  'a length in another spelling of the name': 'HTTP/1.1 200 OK\r\ncOnTeNt-lEnGtH: 4\r\n\r\ndone',
  'headers named like members of every object':
    'HTTP/1.1 200 OK\r\n__proto__: a\r\nconstructor: b\r\ntoString: c\r\nContent-Length: 4\r\n\r\ndone',
  'a value of bytes that are not ASCII': 'HTTP/1.1 200 OK\r\nX-A: \xe9\xff\r\nContent-Length: 4\r\n\r\ndone',
  'an empty value': 'HTTP/1.1 200 OK\r\nX-A:\r\nContent-Length: 4\r\n\r\ndone',
  'a chunk with an extension':
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;a="b"\r\ndone\r\n0\r\n\r\n',
  'a chunk with white space behind its size':
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4 \r\ndone\r\n0\r\n\r\n',
  'empty elements around its coding (RFC 9110, 5.6.1)':
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: ,chunked ,\r\n\r\n4\r\ndone\r\n0\r\n\r\n',
  'a coding that is empty beside its length (RFC 9110, 5.6.1)':
    'HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\nContent-Length: 4\r\n\r\ndone',
  'chunks with trailers':
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n4\r\ndone\r\n0\r\nX-A: b\r\n\r\n',
};

/** The same, but that the connection cannot be used again. */
const READ_ONCE: Record<string, string> = {
  'HTTP/1.0': 'HTTP/1.0 200 OK\r\n\r\ndone',
  'HTTP/1.0 in line feeds, with a length': 'HTTP/1.0 200 OK\nContent-Length: 4\n\ndone',
  'no length at all (6.3)': 'HTTP/1.1 200 OK\r\n\r\ndone',
  'a coding that is not chunked (6.3)': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\ndone',
  'chunks in HTTP/1.0 (6.1)': 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndone\r\n0\r\n\r\n',
  'chunks twice over': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n4\r\ndone\r\n0\r\n\r\n',
  'a length, and chunks that count instead (6.3)':
    'HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndone\r\n0\r\n\r\n',
  'lengths that differ, and chunks that count instead (6.3)':
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndone\r\n0\r\n\r\n',
  'the name of HTTP/2': 'HTTP/2.0 200 OK\r\nContent-Length: 4\r\n\r\ndone',
  'more than its length': 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone and more',
  'an end to its connection':
    'HTTP/1.1 200 OK\r\nConnection: Keep-Alive, Close\r\nContent-Length: 4\r\n\r\ndone',
};

/** Answers whose end or meaning is not certain. */
const REFUSED: Record<string, string> = {
  'two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\ndone',
  'two lengths in a list': 'HTTP/1.1 200 OK\r\nContent-Length: 4, 5\r\n\r\ndone',
  'a length with a sign': 'HTTP/1.1 200 OK\r\nContent-Length: +4\r\n\r\ndone',
  'a length in hexadecimal': 'HTTP/1.1 200 OK\r\nContent-Length: 0x4\r\n\r\ndone',
  'an empty length in a list': 'HTTP/1.1 200 OK\r\nContent-Length: ,\r\n\r\ndone',
  'an empty length': 'HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\ndone',
  'a carriage return within a value': 'HTTP/1.1 200 OK\r\nX-A: b\rContent-Length: 4\r\n\r\ndone',
  'NUL in a value': 'HTTP/1.1 200 OK\r\nX-A: b\0\r\nContent-Length: 4\r\n\r\ndone',
  'no name before a colon': 'HTTP/1.1 200 OK\r\n: b\r\nContent-Length: 4\r\n\r\ndone',
  'another major version': 'HTTP/3.0 200 OK\r\nContent-Length: 4\r\n\r\ndone',
  'another protocol': 'ICY 200 OK\r\nContent-Length: 4\r\n\r\ndone',
  'its name in small letters': 'http/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone',
  'a status below 100': 'HTTP/1.1 099 OK\r\nContent-Length: 4\r\n\r\ndone',
  'a status with letters behind it': 'HTTP/1.1 200OK\r\nContent-Length: 4\r\n\r\ndone',
};

describe.each(['http', 'https'] as const)('over %s, an answer with', (scheme) => {
  it.each(Object.entries(READ))('%s is read, and its connection used again', async (_, bytes) => {
    const server = await posting.receiver((socket) => socket.write(bytes, 'latin1'), scheme);
    const by = posting.poster();
    for (let i = 0; i < 2; i++) {
      expect(await postTo(by, server)).toMatchObject({
        responseStatus: 200,
        responseBody: 'done',
        error: null,
      });
    }
    expect([server.requests.length, server.connections]).toEqual([2, 1]);
  });

  it.each(Object.entries(READ_ONCE))('%s is read, and its connection closed', async (_, bytes) => {
    const server = await posting.receiver((socket) => socket.end(bytes, 'latin1'), scheme);
    const by = posting.poster();
    for (let i = 0; i < 2; i++) {
      const { responseStatus, responseBody } = await postTo(by, server);
      expect([responseStatus, responseBody?.slice(0, 4)]).toEqual([200, 'done']);
    }
    expect([server.requests.length, server.connections]).toEqual([2, 2]);
  });

  it.each(Object.entries(REFUSED))('%s is refused, and its request not sent again', async (_, bytes) => {
    const server = await posting.receiver((socket) => socket.end(bytes, 'latin1'), scheme);
    expect(await postTo(posting.poster(), server)).toMatchObject({
      responseStatus: null,
      error: 'invalid_response',
    });
    expect(server.requests).toHaveLength(1);
  });
});
