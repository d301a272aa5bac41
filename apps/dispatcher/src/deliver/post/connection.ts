import type { Socket } from 'node:net';

import type { Exchange, Wish } from './exchange.js';

/** How long a connection stands idle where the receiver does not say, ms: less than the 2 s of Gunicorn. */
const IDLE_MS = 1_500;
/** The longest time a receiver's `Keep-Alive: timeout=` can make of it, ms. */
const MAX_IDLE_MS = 10_000;
/** A close so soon behind the first answer is the receiver's way to end each, ms. */
const AT_ONCE_MS = 1_000;
/** How long is read, after a write has failed, what came before it did, ms. */
const READING_ON_MS = 1_000;

/** What a connection tells whoever holds it. */
export interface ConnectionOwner {
  /** The exchange has ended, and the connection may carry another. */
  idle(connection: Connection): void;
  /** The connection carries nothing from now on. Called once. */
  gone(connection: Connection): void;
  /** The receiver closes connections without a word about it, so that the next request may get lost. */
  closedUnannounced(): void;
}

/** A connection that stands, over which exchanges go one after another. */
export class Connection {
  private exchange: Exchange | null = null;
  private carried = 0;
  private closed = false;
  /** True once the receiver has said that it sends nothing any more. */
  private hasEnded = false;
  private idleSince = 0;
  private idleMs = IDLE_MS;
  private idleTimer: NodeJS.Timeout | null = null;

  constructor(
    private readonly socket: Socket,
    private readonly owner: ConnectionOwner,
  ) {
    const onData = (bytes: Buffer): void => this.onData(bytes);
    const onEnd = (): void => this.onEnd();
    readOnAfterFailedWrite(socket, { onData, onEnd });
    socket.on('data', onData);
    socket.on('end', onEnd);
    // The close that follows comes later, when a request may be on its way already.
    socket.on('error', (error) => this.onGone(error));
    socket.on('close', () => this.onGone(null));
  }

  get isClosed(): boolean {
    return this.closed;
  }

  /** Sends the exchange's request and gives it what comes back. */
  carry(exchange: Exchange, pieces: readonly Buffer[]): void {
    this.exchange = exchange;
    this.carried += 1;
    exchange.stop = (error) => this.close(error);
    exchange.wasSent = true;
    const written = (error?: Error | null): void => {
      if (!error && this.exchange === exchange) this.follow(exchange.written());
    };
    const last = pieces.length - 1;
    if (last > 0) this.socket.cork();
    pieces.forEach((piece, index) => this.socket.write(piece, index === last ? written : undefined));
    if (last > 0) this.socket.uncork();
  }

  /** Takes the connection out of its rest, for a request to come. */
  wake(): void {
    if (this.idleTimer) clearTimeout(this.idleTimer);
  }

  /** Ends the connection, and what it carries. */
  close(error: Error | null = null): void {
    if (this.closed) return;
    this.closed = true;
    this.wake();
    this.owner.gone(this);
    this.socket.destroy();
    const { exchange } = this;
    this.exchange = null;
    exchange?.lost(error);
  }

  /** Lets the connection stand until it carries another exchange, or has stood for long enough. */
  rest(): void {
    this.idleTimer = setTimeout(() => this.close(), this.idleMs);
    this.owner.idle(this);
  }

  private onData(bytes: Buffer): void {
    // What nobody asked for belongs to no exchange, and says that the next would be answered wrongly.
    if (!this.exchange) this.close();
    else this.follow(this.exchange.read(bytes));
  }

  private onEnd(): void {
    this.hasEnded = true;
    const wish = this.exchange?.readEnd() ?? 'close';
    if (wish === 'close') this.onGone(null);
    else this.follow(wish);
  }

  private follow(wish: Wish): void {
    if (wish === 'read on') return;
    const { exchange } = this;
    const ms = exchange?.mayStandMs ?? null;
    this.exchange = null;
    if (wish === 'end' && ms !== 0 && !this.hasEnded) {
      this.idleMs = Math.min(ms ?? IDLE_MS, MAX_IDLE_MS);
      this.idleSince = performance.now();
      this.rest();
    } else this.close();
    // Only now, so that the next exchange finds the connection.
    exchange?.lost(null);
  }

  private onGone(error: Error | null): void {
    if (this.closed) return;
    const { exchange, carried } = this;
    const closesAfterEach = carried === 1 && performance.now() - this.idleSince < AT_ONCE_MS;
    if (exchange ? carried > 1 && exchange.heardNothing : closesAfterEach) this.owner.closedUnannounced();
    this.close(error);
  }
}

/**
 * Keeps a socket whose write has failed open for reading. A receiver may answer before it has read a request and reset
 * the connection; the answer has then arrived, and Node would throw it away with the socket (RFC 9112, 9.5).
 */
function readOnAfterFailedWrite(
  socket: Socket,
  { onData, onEnd }: { onData: (bytes: Buffer) => void; onEnd: () => void },
): void {
  const destroy = socket.destroy.bind(socket);
  let failed = false;
  socket.destroy = (error?: Error) => {
    if (failed || (error as NodeJS.ErrnoException | undefined)?.syscall !== 'write') return destroy(error);
    failed = true;
    // A stream that has failed gives nothing out any more, so that what it takes in is taken here.
    socket.push = (bytes: Buffer | null) => {
      if (bytes) onData(bytes);
      else onEnd();
      return true;
    };
    // Nothing more can come, so that the end follows as soon as what has come is read.
    const timer = setTimeout(() => destroy(error), READING_ON_MS);
    socket.once('close', () => clearTimeout(timer));
    return socket;
  };
}
