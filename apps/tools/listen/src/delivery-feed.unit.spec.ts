import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { waitFor } from '@skillora/testing';

import { ApiClient } from './api-client.js';
import type { SeenDelivery } from './copies.js';
import { DeliveryFeed } from './delivery-feed.js';

const ENDPOINT = '0a000000-0000-4000-8000-000000000001';
const NOW = Date.parse('2026-01-02T03:04:05.000Z');

const delivery = (id: string, endpoint_id = ENDPOINT): SeenDelivery => ({
  id,
  endpoint_id,
  event_type: 'interview_completed',
  attempt_count: 0,
  attempts: [],
});
const event = (name: string, id: number, data: object = {}): string =>
  `event: ${name}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;

/** An API whose answers to the stream and the list the test gives. */
class ScriptedApi {
  readonly requests: { url: string; lastEventId: string | undefined }[] = [];
  readonly seen: string[] = [];
  readonly said: string[] = [];
  private readonly server: Server;
  private readonly ending = new AbortController();
  ended: Promise<unknown> = Promise.resolve();

  constructor(private readonly answers: ((response: ServerResponse) => void)[]) {
    this.server = createServer((request: IncomingMessage, response) => {
      const { 'last-event-id': id } = request.headers;
      this.requests.push({ url: request.url ?? '', lastEventId: [id].flat()[0] });
      const answer = this.answers.shift();
      if (answer) answer(response);
      else response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': nothing\n\n');
    });
  }

  async follow(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const { port } = this.server.address() as AddressInfo;
    const api = new ApiClient(new URL(`http://127.0.0.1:${port}`), 'a-token');
    const feed = new DeliveryFeed(api, ENDPOINT, {
      started: () => undefined,
      seen: ({ id }) => {
        this.seen.push(id);
        return Promise.resolve();
      },
      say: (line) => this.said.push(line),
    });
    this.ended = feed.follow(this.ending.signal).catch((error: unknown) => error);
  }

  async stop(): Promise<void> {
    this.ending.abort();
    await this.ended;
    this.server.closeAllConnections();
    this.server.close();
  }
}

let api: ScriptedApi;
afterEach(() => api.stop());

describe('the feed of an endpoint’s deliveries', () => {
  it('has those of its endpoint, in pieces of any size, and goes on behind the last one after a lost connection', async () => {
    api = new ScriptedApi([
      (response) => {
        response.write(event('ready', NOW));
        const text =
          event('delivery', NOW + 1, delivery('first')) + event('delivery', NOW + 2, delivery('x', 'y'));
        response.write(text.slice(0, 30));
        setImmediate(() => {
          response.write(text.slice(30));
          setImmediate(() => response.destroy());
        });
      },
      (response) => {
        response.write(event('ready', NOW + 50));
        response.write(event('delivery', NOW + 3, delivery('second')));
      },
    ]);
    await api.follow();
    await waitFor(() => api.seen.includes('second'), 'the second delivery');
    expect(api.seen).toEqual(['first', 'second']);
    expect(api.requests.map(({ lastEventId }) => lastEventId)).toEqual([undefined, String(NOW + 2)]);
    expect(api.said[0]).toMatch(/^No connection to the API .*the next try is in 1 s/);
    expect(api.said[1]).toBe('Connected again.');
  });

  it('reads from the list what the stream leaves out, oldest first', async () => {
    const json = (body: object) => (response: ServerResponse) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    api = new ScriptedApi([
      (response) => {
        response.write(event('ready', NOW));
        response.write(event('reset', NOW + 9));
      },
      json({
        next: 'http://other.example/api/v1/webhook-deliveries/?cursor=abc',
        results: [delivery('third')],
      }),
      json({ next: null, results: [delivery('second'), delivery('first')] }),
    ]);
    await api.follow();
    await waitFor(() => api.seen.length === 3, 'all that was left out');
    expect(api.seen).toEqual(['first', 'second', 'third']);
    const [, list, rest] = api.requests.map(({ url }) => new URL(url, 'http://api'));
    expect(list?.searchParams.get('endpoint_id')).toBe(ENDPOINT);
    expect(list?.searchParams.get('created_after')).toBe('2026-01-02T03:04:00.000Z');
    expect(rest?.search).toBe('?cursor=abc');
  });

  it('waits as long as the API asks', async () => {
    api = new ScriptedApi([
      (response) =>
        response
          .writeHead(429, { 'retry-after': '2', 'content-type': 'application/json' })
          .end('{"detail":"slow"}'),
      (response) => void response.write(event('ready', NOW)),
    ]);
    await api.follow();
    await waitFor(() => api.requests.length === 2, 'the second try');
    expect(api.said).toEqual([
      expect.stringMatching(/^The API answered 429 \(slow\); the next try is in 2 s/),
    ]);
  });

  it('ends with one line when the token may not listen', async () => {
    api = new ScriptedApi([
      (response) =>
        response.writeHead(403, { 'content-type': 'application/json' }).end('{"detail":"No such scope."}'),
    ]);
    await api.follow();
    expect(await api.ended).toMatchObject({
      message: 'the token lacks the scope deliveries:read, which listening needs: No such scope.',
      exitCode: 1,
    });
  });
});
