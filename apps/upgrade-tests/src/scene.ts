import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { type Arrival, interviewEvent, Receivers } from '@skillora/load';
import { readDeliveryResults } from '@skillora/running-stack';

import { Customer, type Page, type Reconciliation } from './customer.js';
import { EventStream } from './event-stream.js';
import { Installation, type ServiceCopy } from './installation.js';

/** Of these servers the first answers, the second fails and the third hangs; the others are registered on the way. */
export const [HEALTHY, FAILING, HANGING, ...LATER] = [0, 1, 2, 3, 4] as const;
const RECEIVERS = 5;
const EVENTS_PER_SECOND = 40;
const LOOK_EVERY_MS = 250;
const LIMIT_MS = 120_000;

const SETTINGS = {
  ALLOW_HTTP_TARGETS: 'true',
  ALLOWED_TARGET_CIDRS: '127.0.0.0/8',
  // What fails at the former release's dispatcher waits until the present one is there.
  RETRY_DELAYS: '30s,30s,30s',
  DELIVERY_TIMEOUT: '5s',
};

/** An endpoint, and since which moment every event accepted must reach it, ms since the epoch. */
interface Registered {
  readonly id: string;
  readonly receiver: number;
  readonly since: number;
}

/** What was found in the end, in figures. */
export interface Findings {
  /** Pairs of an event and an endpoint that was there before it which never met. */
  readonly missing: number;
  /** Attempts of which the log tells more than once. */
  readonly doubleResults: number;
  /** Deliveries that did not end in success. */
  readonly unsuccessful: number;
  /** Deliveries of which the audit shows more attempts than arrived. */
  readonly invented: number;
  /** Attempts that the audit shows. */
  readonly attempts: number;
  /** Arrivals beyond these at servers that answer, and at the one that hung, where what is under way takes longest. */
  readonly repeated: number;
  readonly repeatedWhereItHung: number;
}

/** An installation under steady load, whose services are exchanged meanwhile. */
export class Scene {
  readonly began = new Date(Date.now() - 1).toISOString();
  readonly endpoints: Registered[] = [];

  private stream: EventStream | undefined;

  private constructor(
    readonly installation: Installation,
    readonly receivers: Receivers,
  ) {}

  static async set(): Promise<Scene> {
    return new Scene(await Installation.create(SETTINGS), await Receivers.start(RECEIVERS));
  }

  customer(api: string): Customer {
    return new Customer(api, this.installation.token);
  }

  /** Registers a server over this copy of the API. @returns the endpoint's id. */
  async register(customer: Customer, receiver: number): Promise<string> {
    const id = await customer.audit.register(this.receivers.urls[receiver] ?? '');
    this.endpoints.push({ id, receiver, since: Date.now() });
    return id;
  }

  async beginLoad(): Promise<void> {
    const { brokers, organizationId } = this.installation;
    this.stream = await EventStream.start(brokers, organizationId, EVENTS_PER_SECOND);
  }

  /** The events accepted over Kafka. */
  get load(): EventStream {
    if (!this.stream) throw new Error('there is no load yet');
    return this.stream;
  }

  /** Resolves once an event that is published now has arrived at a server that answers. @returns its mark. */
  async delivers(receiver: number = HEALTHY): Promise<string> {
    const mark = await this.load.publish();
    await this.until('the delivery of an event published just now', async () =>
      (await this.arrivalsAt(receiver)).some((arrival) => arrival.mark === mark),
    );
    return mark;
  }

  /** Sends an event to a copy of event-ingest over HTTP, one that was accepted before when its mark is given. */
  async takes(ingest: ServiceCopy, mark: string = randomUUID()): Promise<void> {
    const { organizationId, token } = this.installation;
    const response = await fetch(`${ingest.url}/api/v1/interview-completions/`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/cloudevents+json' },
      body: interviewEvent(mark, organizationId),
    });
    if (response.status !== 202)
      throw new Error(`intake answered ${response.status}: ${await response.text()}`);
    if (!this.load.accepted.has(mark)) this.load.accepted.set(mark, Date.now());
  }

  async arrivalsAt(receiver: number): Promise<Arrival[]> {
    return (await this.receivers.arrivals()).filter((arrival) => arrival.receiver === receiver);
  }

  /** Looks again and again. @throws after two minutes. */
  async until(what: string, look: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + LIMIT_MS;
    while (!(await look())) {
      if (Date.now() > deadline) throw new Error(`${what} did not happen within ${LIMIT_MS} ms`);
      await delay(LOOK_EVERY_MS);
    }
  }

  /** Waits until everything accepted has arrived everywhere and the audit shows it as ended, and looks at it. */
  async findings(customer: Customer): Promise<Findings> {
    await this.until('the end of all deliveries', async () => {
      for (const { id } of this.endpoints) {
        if (!(await customer.audit.none(id, 'pending')) || !(await customer.audit.none(id, 'retrying')))
          return false;
      }
      return this.missing(await this.receivers.arrivals()) === 0;
    }).catch(() => undefined);
    const arrivals = await this.receivers.arrivals();
    const arrived = Map.groupBy(arrivals, ({ deliveryId }) => deliveryId);
    const found = { attempts: 0, unsuccessful: 0, invented: 0, repeated: 0, repeatedWhereItHung: 0 };
    for (const { id: endpoint, receiver } of this.endpoints) {
      for (const { id, status, attempt_count } of await customer.audit.deliveries(endpoint)) {
        const times = arrived.get(id)?.length ?? 0;
        found.attempts += attempt_count;
        if (status !== 'success') found.unsuccessful += 1;
        found.invented += Math.max(0, attempt_count - times);
        found[receiver === HANGING ? 'repeatedWhereItHung' : 'repeated'] += Math.max(
          0,
          times - attempt_count,
        );
      }
    }
    const results = await readDeliveryResults(this.installation.brokers, found.attempts, LIMIT_MS);
    const told = new Set(results.map(({ deliveryId, round, step }) => `${deliveryId}/${round}/${step}`));
    return { ...found, missing: this.missing(arrivals), doubleResults: results.length - told.size };
  }

  /** Resolves with what the reconciliation counts once nothing is on its way any more. */
  async reconciliation(customer: Customer): Promise<Reconciliation> {
    let found = await customer.reconciliation(this.began);
    await this.until('a reconciliation with nothing on its way', async () => {
      found = await customer.reconciliation(this.began);
      return found.events_awaiting_fan_out === 0 && found.deliveries_open === 0;
    });
    return found;
  }

  async clear(): Promise<void> {
    await this.stream?.stop();
    await this.installation.end();
    this.receivers.stop();
  }

  private missing(arrivals: readonly Arrival[]): number {
    const met = new Set(arrivals.map(({ receiver, mark }) => `${receiver}/${mark}`));
    let count = 0;
    for (const [mark, acceptedAt] of this.load.accepted) {
      for (const { receiver, since } of this.endpoints) {
        if (acceptedAt > since && !met.has(`${receiver}/${mark}`)) count += 1;
      }
    }
    return count;
  }
}

/** Ids of what a list holds, over all pages, each page asked of another copy of the API. */
export async function pagedOver(customers: readonly Customer[], path: string): Promise<string[]> {
  const ids: string[] = [];
  let next: string | null = path;
  for (let turn = 0; next !== null; turn += 1) {
    const customer = customers[turn % customers.length];
    if (!customer) throw new Error('there is nobody to ask');
    const { pathname, search } = new URL(next, customer.api);
    const page: Page<{ id: string }> = await customer.call('GET', pathname + search);
    ids.push(...page.results.map(({ id }) => id));
    next = page.next;
  }
  return ids;
}
