import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import { RECEIVER_CERTIFICATE, RECEIVER_KEY } from '@skillora/testing';

/**
 * How a hasty receiver ends a connection: by a reset, by ending its side, or after sending a part of its
 * answer.
 */
export type Haste = 'resets' | 'resets after the second part of its answer' | 'ends its side';

/** The worker's program. It is text, because a test's worker cannot load TypeScript. */
const PROGRAM = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { scheme, cert, key, haste, bytes } = workerData;
  let begun = 0;
  let connections = 0;
  const serve = (socket) => {
    connections += 1;
    socket.setNoDelay(true).on('error', () => undefined);
    socket.on('data', (chunk) => {
      const head = chunk.toString('latin1', 0, 1024);
      if (!head.startsWith('POST')) return;
      if (Number(/content-length: *(\\d+)/i.exec(head)[1]) < 100000) {
        socket.write('HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n');
        return;
      }
      begun += 1;
      if (haste === 'ends its side') socket.end(bytes);
      else if (haste === 'resets') { socket.write(bytes); socket.destroy(); }
      else {
        socket.write(bytes.slice(0, 20));
        setTimeout(() => { socket.write(bytes.slice(20)); socket.destroy(); }, 2);
      }
    });
  };
  const server = scheme === 'http' ? require('node:net').createServer(serve) : require('node:tls').createServer({ cert, key }, serve);
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
  parentPort.on('message', () => { parentPort.postMessage({ begun, connections }); begun = 0; });
`;

/**
 * A receiver that answers the first bytes of a large request with `bytes` and ends the connection. Small
 * requests are answered as usual. It has its own thread, because only then can it answer while this thread
 * writes.
 */
export class HastyReceiver {
  private constructor(
    private readonly worker: Worker,
    readonly url: string,
  ) {}

  static async listen(scheme: 'http' | 'https', haste: Haste, bytes: string): Promise<HastyReceiver> {
    const workerData = { scheme, haste, bytes, cert: RECEIVER_CERTIFICATE, key: RECEIVER_KEY };
    const worker = new Worker(PROGRAM, { eval: true, workerData });
    const [port] = (await once(worker, 'message')) as [number];
    return new HastyReceiver(worker, `${scheme}://receiver.test:${port}/hook`);
  }

  /** The number of large requests since the last question, and of all connections. */
  async seen(): Promise<{ begun: number; connections: number }> {
    const answered = once(this.worker, 'message') as Promise<[{ begun: number; connections: number }]>;
    this.worker.postMessage('seen?');
    const [seen] = await answered;
    return seen;
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}
