import { connect } from 'node:net';

/** The bytes that were received until the server closed the connection or was silent. */
export interface RawAnswer {
  readonly status: number;
  readonly text: string;
}

/** Sends arbitrary bytes: HTTP clients refuse to send what attackers send. Resolves with the first answer. */
export function rawRequest(service: string, bytes: string | Buffer): Promise<RawAnswer> {
  const { hostname, port } = new URL(service);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    let text = '';
    const end = (): void => {
      socket.destroy();
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text });
    };
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      text += chunk;
      const [head = '', body = ''] = text.split('\r\n\r\n', 2);
      const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
      if (text.includes('\r\n\r\n') && body.length >= length) end();
    });
    socket.on('end', end);
    socket.on('error', reject);
    socket.setTimeout(60_000, () => reject(new Error(`no answer to ${bytes.toString().slice(0, 200)}`)));
  });
}
