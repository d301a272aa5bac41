import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Arrival, ReceiverBehaviour, ReceiverQuestion } from './receiver-behaviour.js';

/*
 * Customers' servers in their own process, so that they take no time from the measured system. The first
 * argument is their number; each listens on its own port of the address in the second argument. Receivers
 * documents the commands on the IPC channel.
 */
const count = Number(process.argv[2] ?? '1');
const address = process.argv[3] ?? '127.0.0.1';
const behaviours: ReceiverBehaviour[] = Array.from({ length: count }, () => ({
  kind: 'answer',
  status: 200,
}));
let arrivals: Arrival[] = [];
let lastAt = 0;

const now = (): number => performance.timeOrigin + performance.now();

function receive(receiver: number, request: IncomingMessage, response: ServerResponse): void {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => (body += chunk));
  request.on('end', () => {
    lastAt = now();
    const at = body.indexOf('"mark":"');
    const mark = at < 0 ? '' : body.slice(at + 8, body.indexOf('"', at + 8));
    arrivals.push({ receiver, deliveryId: String(request.headers['x-webhook-id'] ?? ''), mark, at: lastAt });
    const behaviour = behaviours[receiver];
    if (behaviour?.kind !== 'answer') return;
    const answer = (): void => void response.writeHead(behaviour.status, behaviour.headers).end();
    if (behaviour.afterMs === undefined) answer();
    else setTimeout(answer, behaviour.afterMs);
  });
}

async function listen(receiver: number): Promise<number> {
  const server = createServer((request, response) => receive(receiver, request, response));
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return (server.address() as AddressInfo).port;
}

function answer(question: ReceiverQuestion): unknown {
  switch (question.ask) {
    case 'behave':
      for (const receiver of question.receivers) behaviours[receiver] = question.behaviour;
      return null;
    case 'reset':
      arrivals = [];
      return null;
    case 'count':
      return { arrivals: arrivals.length, lastAt };
    case 'arrivals':
      return arrivals;
    case 'take': {
      const taken = arrivals;
      arrivals = [];
      return taken;
    }
  }
}

process.on('message', (question: ReceiverQuestion) => process.send?.(answer(question)));
process.on('disconnect', () => process.exit(0));
process.send?.(await Promise.all(Array.from({ length: count }, (_, receiver) => listen(receiver))));
