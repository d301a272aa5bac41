import type { Socket } from 'node:net';

import type { GuardedConnector } from '@skillora/egress';
import { type buildConnector, Client, type Dispatcher } from 'undici';

import type { Exchange } from './exchange.js';

/** What an exchange may know of the connection it goes over; undici itself does not tell. */
export class Connection {
  /** The socket that stands, or the last that stood. */
  socket: Socket | null = null;
  /** True once the standing socket has carried an exchange. */
  isUsed = false;
  /** The exchange that the connection carries, or carried last. */
  carries: Exchange | null = null;
  private opening: Socket | null = null;

  constructor(private readonly connector: GuardedConnector) {}

  /** undici's connector for this connection. */
  readonly open = (target: buildConnector.Options, callback: buildConnector.Callback): void => {
    this.opening = this.connector(target, (...result) => {
      this.opening = null;
      const [, socket] = result;
      if (socket) {
        this.socket = socket;
        this.isUsed = false;
        socket.on('readable', () => this.carries?.hasBeenSent(socket.bytesRead));
      }
      callback(...result);
    });
  };

  /** Ends the making of a connection nobody waits for any longer, which undici would carry on with. */
  stopOpening(error: Error): void {
    this.opening?.destroy(error);
  }
}

/** The options of a dispatch, with the exchange it belongs to; undici hands them through its pool untouched. */
export interface ExchangeOptions extends Dispatcher.DispatchOptions {
  readonly exchange: Exchange;
}

/** undici's client of one connection at a time, which tells each exchange over which connection it goes. */
export class ConnectionClient extends Client {
  private readonly connection: Connection;

  constructor(origin: string | URL, connector: GuardedConnector, options: Omit<Client.Options, 'connect'>) {
    const connection = new Connection(connector);
    super(origin, { ...options, connect: connection.open });
    this.connection = connection;
  }

  override dispatch(options: ExchangeOptions, handler: Dispatcher.DispatchHandler): boolean {
    options.exchange.goesOver(this.connection);
    return super.dispatch(options, handler);
  }
}
