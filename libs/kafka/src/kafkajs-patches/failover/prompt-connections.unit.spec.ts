import net, { type AddressInfo, type Socket } from 'node:net';

import { connectionTo, emptyRequest, REQUEST_TIMEOUT_MS } from '../../testing/kafkajs-connection.js';
import type { Connection } from '../kafkajs-internals.js';
import { keepConnectionsPrompt } from './prompt-connections.js';

const HEARTBEAT = 12;
const PRODUCE = 0;

describe('a connection to a broker', () => {
  let server: net.Server;
  let sockets: Socket[];
  /** What the server does with what a client sends. */
  let answer: (socket: Socket, request: Buffer, number: number) => void;

  beforeAll(() => keepConnectionsPrompt());

  beforeEach(async () => {
    sockets = [];
    server = net.createServer((socket) => {
      const number = sockets.push(socket) - 1;
      socket.on('error', () => undefined);
      socket.on('data', (request) => answer(socket, request, number));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  it('reads answers from their beginning after the one before broke in the middle of an answer', async () => {
    answer = (socket, request, number) => {
      const whole = answerTo(request, 'whole');
      if (number === 0) socket.end(whole.subarray(0, 7));
      else socket.write(whole);
    };
    const made = connection();
    await made.connect();
    await expect(made.send(emptyRequest(HEARTBEAT))).rejects.toThrow(/Closed connection/);
    await made.connect();
    expect(String(await made.send(emptyRequest(HEARTBEAT)))).toBe('whole');
    await made.disconnect();
  });

  it('is made once for all who ask for it at the same time', async () => {
    answer = (socket, request) => void socket.write(answerTo(request, 'here'));
    const made = connection();
    await Promise.all([made.connect(), made.connect(), made.connect()]);
    expect(String(await made.send(emptyRequest(HEARTBEAT)))).toBe('here');
    expect(sockets).toHaveLength(1);
    await made.disconnect();
  });

  it('is left at the end, though a request has no answer, which fails then', async () => {
    answer = () => undefined;
    const made = connection();
    await made.connect();
    const waiting = made.send(emptyRequest(PRODUCE));
    const failed = expect(waiting).rejects.toThrow('the broker did not answer before the end');
    await underWay(made, 1);
    await made.disconnect();
    await failed;
  });

  it('waits less for what is answered at once than for what replicas have to do', async () => {
    answer = () => undefined;
    const made = connection();
    await made.connect();
    const requests = [made.send(emptyRequest(HEARTBEAT)), made.send(emptyRequest(PRODUCE))];
    for (const each of requests) each.catch(() => undefined);
    await underWay(made, requests.length);
    const timeouts = [...made.requestQueue.inflight.values()].map(({ requestTimeout }) => requestTimeout);
    expect(timeouts).toEqual([5_000, REQUEST_TIMEOUT_MS]);
    await made.disconnect();
  });

  async function underWay({ requestQueue }: Connection, requests: number): Promise<void> {
    while (requestQueue.inflight.size < requests) await new Promise(setImmediate);
  }

  function connection(): Connection {
    return connectionTo((server.address() as AddressInfo).port);
  }

  /** Length, the number of the request, and a text. */
  function answerTo(sent: Buffer, text: string): Buffer {
    const head = Buffer.alloc(8);
    head.writeInt32BE(4 + text.length);
    head.writeInt32BE(sent.readInt32BE(8), 4);
    return Buffer.concat([head, Buffer.from(text)]);
  }
});
