import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

import { RECEIVER_CERTIFICATE, RECEIVER_KEY } from '@skillora/testing';

/** One request as it arrived. */
export interface RawRequest {
  readonly head: string;
  readonly body: Buffer;
  /** 0 for the receiver's first connection, and so on. */
  readonly connection: number;
}

/** The receiver's reaction to a request: it may write any bytes, complete answers or nothing. */
export type Behaviour = (socket: Socket, request: RawRequest) => void;

export interface RawReceiverOptions {
  /** Its reaction to a connection before any request. */
  readonly connected?: ((socket: Socket) => void) | undefined;
  /** Its TLS options, if it uses TLS. */
  readonly tls?: TlsOptions | undefined;
}

/** A server that reads HTTP requests and answers with any bytes that a test wants, valid HTTP or not. */
export class RawReceiver {
  readonly requests: RawRequest[] = [];
  readonly open = new Set<Socket>();
  connections = 0;

  private constructor(
    private readonly server: Server,
    readonly scheme: 'http' | 'https',
  ) {}

  static async listen(
    behaviour: Behaviour,
    scheme: 'http' | 'https' = 'http',
    { connected, tls }: RawReceiverOptions = {},
  ): Promise<RawReceiver> {
    const server =
      scheme === 'http'
        ? createServer()
        : createTlsServer({ cert: RECEIVER_CERTIFICATE, key: RECEIVER_KEY, ...tls });
    const receiver = new RawReceiver(server, scheme);
    server.on(scheme === 'http' ? 'connection' : 'secureConnection', (socket: Socket) => {
      receiver.serve(socket, behaviour);
      connected?.(socket);
    });
    if (scheme === 'https') {
      const below = new Map<number | undefined, Socket>();
      server.on('connection', (socket: Socket) => below.set(socket.remotePort, socket));
      server.prependListener('secureConnection', (socket: Socket) => {
        const plain = below.get(socket.remotePort);
        if (plain) underlying.set(socket, plain);
      });
    }
    // One whose handshake failed.
    server.on('tlsClientError', (_: Error, socket: Socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** A URL of this receiver; `host` where the name matters. */
  url(path = '/hook', host = '127.0.0.1'): string {
    return `${this.scheme}://${host}:${this.port}${path}`;
  }

  /** The open connections, including those in a handshake. */
  openConnections(): Promise<number> {
    return new Promise((resolve, reject) =>
      this.server.getConnections((error, count) => {
        if (error) reject(error);
        else resolve(count);
      }),
    );
  }

  async close(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(socket: Socket, behaviour: Behaviour): void {
    const connection = this.connections++;
    this.open.add(socket);
    // Otherwise the system may hold an answer back behind earlier data, and discard it at a reset.
    socket.setNoDelay(true);
    socket.on('close', () => this.open.delete(socket));
    socket.on('error', () => undefined);
    const parts: Buffer[] = [];
    let length = 0;
    let needed = 0;
    socket.on('data', (chunk: Buffer) => {
      parts.push(chunk);
      length += chunk.length;
      while (length > 0 && length >= needed) {
        const received = Buffer.concat(parts.splice(0), length);
        const headEnd = received.indexOf('\r\n\r\n');
        const head = received.subarray(0, Math.max(0, headEnd)).toString('latin1');
        const bodyLength = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
        needed = headEnd < 0 ? 0 : headEnd + 4 + bodyLength;
        const isWhole = headEnd >= 0 && length >= needed;
        const left = isWhole ? received.subarray(needed) : received;
        parts.push(left);
        length = left.length;
        if (!isWhole) return;
        const request = { head, body: received.subarray(headEnd + 4, needed), connection };
        needed = 0;
        this.requests.push(request);
        behaviour(socket, request);
      }
    });
  }
}

const underlying = new WeakMap<Socket, Socket>();

/** Resets a connection of a receiver, over TLS too. */
export function reset(socket: Socket): void {
  (underlying.get(socket) ?? socket).resetAndDestroy();
}

/** A whole answer with this status, body and headers. */
export function answer(status: string, body: string | Buffer = '', ...headers: string[]): Buffer {
  const bytes = Buffer.from(body);
  const head = [`HTTP/1.1 ${status}`, `Content-Length: ${bytes.length}`, ...headers].join('\r\n');
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`, 'latin1'), bytes]);
}

/** Writes `piece` every few ms until the connection is closed. */
export function trickle(socket: Socket, piece: string | Buffer): void {
  const timer = setInterval(() => {
    if (socket.writable) socket.write(piece);
  }, 5);
  socket.on('close', () => clearInterval(timer));
}

/** Writes `piece` as fast as the other side reads it, until the connection is closed. */
export function flood(socket: Socket, piece: string | Buffer): void {
  const pieces = Buffer.alloc(Math.ceil(65_536 / piece.length) * piece.length, piece);
  const write = (): void => {
    while (socket.writable && socket.write(pieces));
  };
  socket.on('drain', write);
  write();
}
