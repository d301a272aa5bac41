import net, { type AddressInfo } from 'node:net';

import { connectionTo, emptyRequest, plainSockets } from '../../testing/kafkajs-connection.js';
import { type Broker, brokerPrototype, type Connection } from '../kafkajs-internals.js';
import { leaveGoneBrokers } from './gone-brokers.js';
import { keepConnectionsPrompt } from './prompt-connections.js';

/** A request to write, which is never answered. */
const WRITE = emptyRequest(0);

describe('a client of two brokers, of which one stands still', () => {
  let servers: net.Server[];
  let [silent, answering]: Connection[] = [];
  /** Those whom the other one names as members of the cluster. */
  let members: { readonly host: string; readonly port: number }[];

  beforeAll(() => {
    brokerPrototype().metadata = () => Promise.resolve({ brokers: members });
    keepConnectionsPrompt();
    leaveGoneBrokers();
  });

  beforeEach(async () => {
    servers = [];
    const socketFactory = plainSockets();
    [silent, answering] = [await connection(socketFactory), await connection(socketFactory)];
    await Promise.all([silent.connect(), answering.connect()]);
    members = [silent, answering];
    await asks(answering);
  });
  afterEach(async () => {
    await Promise.all([silent?.disconnect(), answering?.disconnect()]);
    for (const server of servers) server.close();
  });

  it('does not wait for it any more once it has left the cluster', async () => {
    const written = silent!.send(WRITE);
    members = [answering!];
    await expect(written).rejects.toThrow('the broker has left the cluster');
  });

  it('does not wait for it either on a connection that was made again before the end of the former one was over', async () => {
    const ended = silent!.disconnect();
    while (silent!.isConnected()) await Promise.resolve();
    await Promise.all([silent!.connect(), ended]);
    const written = silent!.send(WRITE);
    members = [answering!];
    await expect(written).rejects.toThrow('the broker has left the cluster');
  });

  it('knows that it was a member when no connection is left in between', async () => {
    await Promise.all([silent!.disconnect(), answering!.disconnect()]);
    await Promise.all([silent!.connect(), answering!.connect()]);
    const written = silent!.send(WRITE);
    members = [answering!];
    await asks(answering!);
    await expect(written).rejects.toThrow('the broker has left the cluster');
  });

  /** The client asks the broker of a connection for the members. */
  async function asks(connection: Connection): Promise<void> {
    const broker = Object.create(brokerPrototype(), {
      connectionPool: { value: { pool: [connection] } },
    }) as Broker;
    await broker.metadata([]);
  }

  async function connection(socketFactory: ReturnType<typeof plainSockets>): Promise<Connection> {
    const server = net.createServer((socket) => socket.on('error', () => undefined));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return connectionTo((server.address() as AddressInfo).port, socketFactory);
  }
});
