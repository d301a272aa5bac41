/** The parts that all requests to one target share. */
export interface RequestTarget {
  /** Host and port, as in the URL. */
  readonly host: string;
  /** Path and query, as in the URL. */
  readonly path: string;
}

/** The bytes of a request, over a connection to keep or to close, in the pieces to write. */
export type RequestBytes = (connection: 'keep-alive' | 'close') => readonly Buffer[];

const TARGET = /^[\x21-\x7e]+$/;
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Up to this size, copying the body behind the head is cheaper than writing two pieces, bytes. */
const COPIED_BYTES = 16_384;

/**
 * A POST of HTTP/1.1 (RFC 9112, 3 and 6).
 * @throws {TypeError} when a part would change the structure of the request, which is a fault in our code.
 */
export function requestBytes(
  { host, path }: RequestTarget,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
): RequestBytes {
  if (!TARGET.test(path) || !TARGET.test(host)) throw new TypeError('a URL holds what no request line may');
  let fields = `POST ${path} HTTP/1.1\r\nHost: ${host}\r\n`;
  for (const [name, value] of Object.entries(headers)) {
    if (!NAME.test(name) || !VALUE.test(value)) throw new TypeError(`the header ${name} holds what none may`);
    fields += `${name}: ${value}\r\n`;
  }
  return (connection) => {
    const head = `${fields}Connection: ${connection}\r\nContent-Length: ${body.length}\r\n\r\n`;
    if (body.length > COPIED_BYTES) return [Buffer.from(head, 'latin1'), body];
    const bytes = Buffer.allocUnsafe(head.length + body.length);
    bytes.write(head, 'latin1');
    body.copy(bytes, head.length);
    return [bytes];
  };
}
