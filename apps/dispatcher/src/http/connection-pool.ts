import type { Socket } from 'node:net';

import { afterPoll } from './after-poll.js';
import type { ClosingOrigins } from './closing-origins.js';
import { Connection, type ConnectionOwner } from './connection.js';
import type { Exchange } from './exchange.js';

/**
 * Opens a connection. It returns null instead of a socket when none can be opened; the callback then gets the
 * reason.
 */
export type Connect = (callback: (error: Error | null, socket: Socket | null) => void) => Socket | null;

export interface ConnectionPoolOptions {
  readonly origin: string;
  readonly connect: Connect;
  /** The maximum number of concurrent exchanges; further ones wait. */
  readonly limit: number;
  readonly closingOrigins: ClosingOrigins;
  /** Called when the last connection is closed and no exchange is in progress. */
  readonly onEmpty: () => void;
}

/**
 * The connections to one target. A request is written once: over a connection that was just seen to be open,
 * or over a new one. If it is lost with its connection, it is not sent again, since nobody can tell whether
 * it was read.
 */
export class ConnectionPool implements ConnectionOwner {
  private readonly open = new Set<Connection>();
  /** Idle connections, the last used at the end. */
  private readonly resting: Connection[] = [];
  /** Connections that still read or write for an exchange that has its answer, oldest first. */
  private readonly lingering = new Set<Connection>();
  private readonly waiting = new Set<Exchange>();
  private underWay = 0;
  private closing: (() => void) | null = null;

  constructor(private readonly options: ConnectionPoolOptions) {}

  /** True when there is no connection and no waiting exchange. */
  get isEmpty(): boolean {
    return this.open.size === 0 && this.underWay === 0 && this.waiting.size === 0;
  }

  /** Runs the exchange as soon as there is a free slot. The exchange reports its own end. */
  send(exchange: Exchange): void {
    if (this.underWay < this.options.limit) {
      this.begin(exchange);
      return;
    }
    this.waiting.add(exchange);
    exchange.stop = () => this.waiting.delete(exchange);
  }

  /** Lets exchanges end, including waiting ones, and closes every connection. */
  close(): Promise<void> {
    for (const connection of [...this.resting]) connection.close();
    return new Promise((resolve) => {
      this.closing = resolve;
      this.closeIfEmpty();
    });
  }

  idle(connection: Connection): void {
    this.lingering.delete(connection);
    this.resting.push(connection);
    const isTooMany = this.open.size - this.lingering.size > this.options.limit;
    if (this.closing || isTooMany || !this.mayUseAgain()) connection.close();
  }

  gone(connection: Connection): void {
    this.open.delete(connection);
    this.lingering.delete(connection);
    const index = this.resting.indexOf(connection);
    if (index >= 0) this.resting.splice(index, 1);
    this.closeIfEmpty();
  }

  closedUnannounced(): void {
    this.options.closingOrigins.add(this.options.origin);
  }

  private mayUseAgain(): boolean {
    return !this.options.closingOrigins.has(this.options.origin);
  }

  private begin(exchange: Exchange): void {
    this.underWay += 1;
    exchange.onSettled = () => {
      this.underWay -= 1;
      this.beginNext();
      this.closeIfEmpty();
    };
    this.findConnection(exchange);
  }

  private beginNext(): void {
    if (this.underWay >= this.options.limit) return;
    const [next] = this.waiting;
    if (!next) return;
    this.waiting.delete(next);
    this.begin(next);
  }

  /**
   * Takes the connection that was used last, which its receiver is least likely to have closed, or opens one.
   */
  private findConnection(exchange: Exchange): void {
    const connection = this.mayUseAgain() ? this.resting.pop() : undefined;
    if (!connection) {
      this.openConnection(exchange);
      return;
    }
    connection.wake();
    exchange.stop = () => undefined;
    afterPoll(() => {
      if (exchange.isSettled) {
        if (!connection.isClosed) connection.rest();
      } else if (connection.isClosed) this.findConnection(exchange);
      else this.carry(connection, exchange);
    });
  }

  private openConnection(exchange: Exchange): void {
    const opening = this.options.connect((error, socket) => {
      if (!socket) exchange.settle(error);
      else if (exchange.isSettled) socket.destroy();
      else {
        const connection = new Connection(socket, this);
        this.open.add(connection);
        this.carry(connection, exchange);
      }
    });
    if (opening) exchange.phases.opens(opening);
    exchange.stop = (reason) => opening?.destroy(reason ?? undefined);
  }

  private carry(connection: Connection, exchange: Exchange): void {
    connection.carry(exchange, exchange.request(this.mayUseAgain() ? 'keep-alive' : 'close'));
    const { onSettled } = exchange;
    exchange.onSettled = () => {
      if (!connection.isClosed) this.linger(connection);
      onSettled();
    };
  }

  /** At most as many connections linger as exchanges are in progress. */
  private linger(connection: Connection): void {
    if (this.resting.includes(connection)) return;
    this.lingering.add(connection);
    const [oldest] = this.lingering;
    if (this.lingering.size > this.options.limit) oldest?.close();
  }

  private closeIfEmpty(): void {
    if (!this.isEmpty) return;
    this.closing?.();
    this.options.onEmpty();
  }
}
