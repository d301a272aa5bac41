import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { fileURLToPath } from 'node:url';

import { Operator } from '@skillora/running-stack';
import { waitFor } from '@skillora/testing';
import { Webhook } from 'standardwebhooks';

import { Customer } from './testing/customer.js';
import { interviewCompleted, ProducerService } from './testing/producer-service.js';
import { Receiver } from './testing/receiver.js';
import { RoundRobinProxy } from './testing/round-robin-proxy.js';

/** What `npx skillora-webhooks` runs. */
const COMMAND = fileURLToPath(new URL('../../../tools/listen/bin/skillora-webhooks.mjs', import.meta.url));

/** The command, as a developer runs it. */
class Listening {
  private text = '';
  readonly exit: Promise<number | null>;
  private readonly child: ChildProcess;

  constructor(token: string, ...options: string[]) {
    this.child = spawn(process.execPath, [COMMAND, 'listen', ...options], {
      env: { PATH: process.env['PATH'], SKILLORA_API_TOKEN: token },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const output of [this.child.stdout, this.child.stderr]) {
      output?.on('data', (piece) => (this.text += String(piece)));
    }
    // Not at its exit: what it has printed last can come after that.
    this.exit = new Promise((resolve) => this.child.on('close', resolve));
  }

  /** What it has printed. */
  get printed(): string {
    return this.text;
  }

  async says(pattern: RegExp): Promise<RegExpExecArray> {
    const found = await waitFor(() => pattern.exec(this.text) ?? false, `a line with ${pattern.source}`);
    return found;
  }

  ctrlC(): void {
    this.child.kill('SIGINT');
  }

  stop(): Promise<unknown> {
    this.child.kill('SIGKILL');
    return this.exit;
  }
}

const customer = Customer.ofStack();
const { api, token } = customer.address;
const producer = new ProducerService(customer.address);
let real: Receiver;
let mine: Receiver;
let endpointId: string;
let listening: Listening | null = null;

beforeEach(async () => {
  [real, mine] = [await Receiver.start(), await Receiver.start()];
  ({ id: endpointId } = await customer.register(real.url));
});

afterEach(async () => {
  await listening?.stop();
  await customer.call('DELETE', `/api/v1/webhook-endpoints/${endpointId}/`);
  await real.stop();
  await mine.stop();
});

const listen = (forward: string, from: string = api): Listening =>
  (listening = new Listening(token, '--forward', forward, '--endpoint', endpointId, '--api', from));

describe('a developer who listens to an endpoint', () => {
  it('gets a copy of each webhook with the same body, signed with the secret of the session, until Ctrl-C', async () => {
    mine.always({ status: 418 });
    const listener = listen(mine.url);
    const [, secret = ''] = await listener.says(/secret of this session is (whsec_\S+)/);
    await listener.says(/Listening to endpoint/);
    await producer.publish(interviewCompleted());
    const [copy] = await waitFor(() => mine.arrivals.length > 0 && mine.arrivals, 'the copy');
    const [original] = await waitFor(() => real.arrivals.length > 0 && real.arrivals, 'the webhook');
    expect(copy!.body).toBe(original!.body);
    for (const name of ['x-webhook-id', 'x-webhook-event', 'x-webhook-event-id', 'x-webhook-attempt']) {
      expect(copy!.headers[name]).toBe(original!.headers[name]);
    }
    const signature = createHmac('sha256', secret).update(copy!.body).digest('hex');
    expect(copy!.headers['x-webhook-signature-256']).toBe(`sha256=${signature}`);
    const headers = copy!.headers as Record<string, string>;
    expect(() => new Webhook(secret).verify(copy!.body, headers)).not.toThrow();
    await listener.says(
      new RegExp(`interview_completed +${String(headers['x-webhook-id'])} +→ 418 in \\d+ ms`),
    );
    expect(listener.printed).not.toContain(token);

    const { status } = await customer.call('POST', `/api/v1/webhook-endpoints/${endpointId}/test/`);
    expect(status).toBe(200);
    await waitFor(() => mine.arrivals.length === 2, 'the copy of a test send');
    expect(mine.arrivals[1]?.headers['x-webhook-test']).toBe('true');

    listener.ctrlC();
    expect(await listener.exit).toBe(130);
  });

  it('misses nothing while the connection is lost, and gets nothing twice', async () => {
    const port = Number(new URL(api).port);
    const line = await RoundRobinProxy.start([port]);
    const listener = listen(mine.url, line.url);
    await listener.says(/Listening to endpoint/);
    await producer.publish(interviewCompleted());
    await waitFor(() => mine.arrivals.length === 1, 'the first copy');
    line.cut();
    await listener.says(/next try is in/);
    for (let count = 0; count < 3; count += 1) await producer.publish(interviewCompleted());
    await waitFor(() => real.arrivals.length === 4, 'the webhooks meanwhile');
    line.rotate([port]);
    await listener.says(/Connected again/);
    await producer.publish(interviewCompleted());
    await waitFor(() => mine.arrivals.length >= 5, 'the copies of all');
    const ids = mine.arrivals.map(({ headers }) => headers['x-webhook-id']);
    expect([ids.length, new Set(ids).size]).toEqual([5, 5]);
    await line.stop();
  });

  it('is told when their own server is not there, and goes on', async () => {
    const gone = await Receiver.start();
    const { url } = gone;
    await gone.stop();
    const listener = listen(url);
    await listener.says(/Listening to endpoint/);
    await producer.publish(interviewCompleted());
    await listener.says(/→ no answer after \d+ ms: .*ECONNREFUSED/);
    await producer.publish(interviewCompleted());
    await waitFor(() => listener.printed.match(/ECONNREFUSED/g)?.length === 2, 'the second copy');
  });

  it('is refused in one line without the scope, without a token, and for an endpoint of others', async () => {
    const { organizationId } = customer.address;
    const poor = await new Operator(customer.address).token(organizationId, {
      scopes: 'endpoints:read',
    });
    listening = new Listening(poor.token, '--forward', mine.url, '--endpoint', endpointId, '--api', api);
    expect(await listening.exit).toBe(1);
    expect(listening.printed).toMatch(/^skillora-webhooks: the token lacks the scope deliveries:read.*\n$/);

    const none = new Listening('', '--forward', mine.url, '--endpoint', endpointId, '--api', api);
    expect(await none.exit).toBe(2);
    expect(none.printed).toMatch(/^skillora-webhooks: no API token: set SKILLORA_API_TOKEN.*\n$/);

    const others = '123e4567-e89b-12d3-a456-426614174000';
    const stranger = new Listening(token, '--forward', mine.url, '--endpoint', others, '--api', api);
    expect(await stranger.exit).toBe(1);
    expect(stranger.printed).toMatch(/^skillora-webhooks: this organisation has no endpoint .*\n$/);
  });
});
