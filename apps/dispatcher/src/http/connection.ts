import type { Socket } from 'node:net';

import type { Exchange, Wish } from './exchange.js';

/** How long an idle connection is kept when the receiver does not say, ms: less than the 2 s of Gunicorn. */
const IDLE_MS = 1_500;
/** The maximum of a receiver's `Keep-Alive: timeout=`, ms. */
const MAX_IDLE_MS = 10_000;
/** If a receiver closes this soon after the first answer, it closes every connection, ms. */
const AT_ONCE_MS = 1_000;
/** After a failed write: how long to read what arrived before it, ms. */
const READING_ON_MS = 1_000;

/** The notifications of a connection to its owner. */
export interface ConnectionOwner {
  /** The exchange has ended, and the connection may be used for another one. */
  idle(connection: Connection): void;
  /** The connection cannot be used any more. Called once. */
  gone(connection: Connection): void;
  /** The receiver closes connections without announcing it, so the next request could get lost. */
  closedUnannounced(): void;
}

/** An open connection, over which exchanges go one after another. */
export class Connection {
  private readonly remoteAddress: string | null;
  private exchange: Exchange | null = null;
  private carried = 0;
  private closed = false;
  /** True once the receiver has ended its side of the connection. */
  private hasEnded = false;
  private idleSince = 0;
  private idleMs = IDLE_MS;
  private idleTimer: NodeJS.Timeout | null = null;

  constructor(
    private readonly socket: Socket,
    private readonly owner: ConnectionOwner,
  ) {
    this.remoteAddress = socket.remoteAddress ?? null;
    const onData = (bytes: Buffer): void => this.onData(bytes);
    const onEnd = (): void => this.onEnd();
    readOnAfterFailedWrite(socket, { onData, onEnd });
    socket.on('data', onData);
    socket.on('end', onEnd);
    // The close event comes later, when the next request may already be on its way.
    socket.on('error', (error) => this.onGone(error));
    socket.on('close', () => this.onGone(null));
  }

  get isClosed(): boolean {
    return this.closed;
  }

  /** Sends the exchange's request and passes the received bytes to it. */
  carry(exchange: Exchange, pieces: readonly Buffer[]): void {
    this.exchange = exchange;
    this.carried += 1;
    exchange.stop = (error) => this.close(error);
    exchange.wasSent = true;
    exchange.phases.sends(this.remoteAddress);
    const written = (error?: Error | null): void => {
      if (!error && this.exchange === exchange) this.follow(exchange.written());
    };
    const last = pieces.length - 1;
    if (last > 0) this.socket.cork();
    pieces.forEach((piece, index) => this.socket.write(piece, index === last ? written : undefined));
    if (last > 0) this.socket.uncork();
    exchange.onSent();
  }

  /** Ends the idle time of the connection, because a request follows. */
  wake(): void {
    if (this.idleTimer) clearTimeout(this.idleTimer);
  }

  /** Closes the connection and ends its exchange. */
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

  /** Keeps the connection idle until it gets another exchange, or has been idle for long enough. */
  rest(): void {
    this.idleTimer = setTimeout(() => this.close(), this.idleMs);
    this.owner.idle(this);
  }

  private onData(bytes: Buffer): void {
    // Unexpected bytes belong to no exchange; the next exchange would get a wrong answer.
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
 * Keeps a socket open for reading after a failed write. A receiver may answer before it has read the request
 * and then reset the connection. The answer has then arrived, and Node would discard it with the socket (RFC
 * 9112, 9.5).
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
    // A failed stream emits no more data, so the data is read here.
    socket.push = (bytes: Buffer | null) => {
      if (bytes) onData(bytes);
      else onEnd();
      return true;
    };
    // Nothing more can arrive, so the end follows as soon as the received data is read.
    const timer = setTimeout(() => destroy(error), READING_ON_MS);
    socket.once('close', () => clearTimeout(timer));
    return socket;
  };
}
