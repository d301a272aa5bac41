import { randomUUID } from 'node:crypto';

import { deliveryId, deliverySchema, eventId, Topics } from '@skillora/contracts';
import { type Arrival, EVENT_SOURCE, interviewEvent, Receivers } from '@skillora/load';
import {
  attemptOf,
  carriedPerSecond,
  describeMissing,
  firstFew,
  type MissingDelivery,
  readDeliveryResults,
  shownUnder,
  TopicReading,
} from '@skillora/running-stack';
import { NothingMoves, whileItMoves } from '@skillora/testing';

import { Customer, type Page, type Reconciliation } from './customer.js';
import { EventStream } from './event-stream.js';
import { Installation, type ServiceCopy } from './installation.js';

/**
 * The first of these servers answers, the second fails and the third hangs; the others are registered during
 * the test.
 */
export const [HEALTHY, FAILING, HANGING, ...LATER] = [0, 1, 2, 3, 4] as const;
const RECEIVERS = 5;
const MOST_PER_SECOND = 40;
/** How often a failing delivery is attempted, see SETTINGS. */
const ATTEMPTS = 4;

const SETTINGS = {
  ALLOW_HTTP_TARGETS: 'true',
  ALLOWED_TARGET_CIDRS: '127.0.0.0/8',
  // Deliveries that fail at the former release's dispatcher wait until the present one runs.
  RETRY_DELAYS: '30s,30s,30s',
  DELIVERY_TIMEOUT: '5s',
};

/** An endpoint, and the time from which every accepted event must reach it, ms since the epoch. */
interface Registered {
  readonly id: string;
  readonly receiver: number;
  readonly since: number;
}

/**
 * The findings at the end. Each list has the first few items, one on each line, and the number of the others.
 */
export interface Findings {
  /** Pairs of an event and an older endpoint without a delivery, and the last record about each. */
  readonly missing: readonly string[];
  /** Attempts with more than one result in the topics. */
  readonly doubleResults: readonly string[];
  /** Deliveries that did not end in success, except those to servers that failed at every attempt. */
  readonly unsuccessful: readonly string[];
  /** Deliveries with more attempts in the audit than arrived. */
  readonly invented: readonly string[];
  /** The number of attempts in the audit. */
  readonly attempts: number;
  /**
   * Additional arrivals at servers that answer, and at the hanging one, where attempts in progress take
   * longest.
   */
  readonly repeated: number;
  readonly repeatedWhereItHung: number;
}

/** An installation under steady load, whose services are replaced meanwhile. */
export class Scene {
  readonly began = new Date(Date.now() - 1).toISOString();
  readonly endpoints: Registered[] = [];

  /** Events a second. */
  private carried = 0;
  private stream: EventStream | undefined;
  /** Everything that has arrived, as far as it was read. */
  private readonly seen: Arrival[] = [];

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

  /** Registers a server over this instance of the API. @returns the endpoint's id. */
  async register(customer: Customer, receiver: number): Promise<string> {
    const id = await customer.audit.register(this.receivers.urls[receiver] ?? '');
    this.endpoints.push({ id, receiver, since: Date.now() });
    return id;
  }

  /**
   * Measures the load that this machine carries, over this instance of the API, before there are endpoints.
   */
  async measure(api: string): Promise<void> {
    this.carried = await carriedPerSecond({ api, ...this.installation.address }, RECEIVERS);
  }

  /** Begins a load that this machine can carry beside other work. */
  async beginLoad(): Promise<void> {
    const { brokers, organizationId } = this.installation.address;
    const perSecond = shownUnder(this.carried, MOST_PER_SECOND);
    process.stdout.write(
      `${Math.round(this.carried)} events/s to ${RECEIVERS} endpoints are what this machine carries, ` +
        `${perSecond} events/s the load\n`,
    );
    this.stream = await EventStream.start(brokers, organizationId, perSecond);
  }

  /** The events accepted over Kafka. */
  get load(): EventStream {
    if (!this.stream) throw new Error('there is no load yet');
    return this.stream;
  }

  /** Resolves once a newly published event has arrived at a server that answers. @returns its mark. */
  async delivers(receiver: number = HEALTHY): Promise<string> {
    const before = [...this.load.accepted.keys()];
    const mark = await this.load.publish();
    await whileItMoves('the delivery of an event published just now', async () => {
      const arrived = new Set((await this.arrivalsAt(receiver)).map((arrival) => arrival.mark));
      // It may have to wait for events that were accepted before it; later ones always arrive while there is
      // load.
      return { over: arrived.has(mark), come: before.filter((each) => arrived.has(each)).length };
    });
    return mark;
  }

  /**
   * In how many hops an event has reached a server: through `webhook.deliveries`, or straight from the log of events. To be
   * asked once it has arrived.
   */
  async hopsOf(mark: string, receiver: number = HEALTHY): Promise<1 | 2> {
    const endpoint = this.endpoints.find((each) => each.receiver === receiver);
    const delivery = deliveryId(eventId(EVENT_SOURCE, mark), endpoint?.id ?? '');
    let hops: 1 | 2 = 1;
    const reading = await TopicReading.start(
      this.installation.brokers,
      ({ value }) => {
        if (value && deliverySchema.decode(value).deliveryId === delivery) hops = 2;
      },
      [Topics.deliveries],
    );
    try {
      await reading.reachEnds();
    } finally {
      await reading.stop();
    }
    return hops;
  }

  /** Sends an event to an instance of event-ingest over HTTP; with a mark, one that was accepted before. */
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
    return (await this.arrivals()).filter((arrival) => arrival.receiver === receiver);
  }

  /**
   * Waits until every accepted event has arrived everywhere and the audit shows it as ended, and collects the
   * findings.
   */
  async findings(customer: Customer): Promise<Findings> {
    await this.ended(customer);
    const arrivals = await this.arrivals();
    const arrived = Map.groupBy(arrivals, (arrival) => arrival.deliveryId);
    const found = { attempts: 0, repeated: 0, repeatedWhereItHung: 0 };
    const [unsuccessful, invented]: [string[], string[]] = [[], []];
    const attempts = new Map<string, number>();
    for (const { id: endpoint, receiver } of this.endpoints) {
      const mayFail = receiver === FAILING || receiver === HANGING;
      for (const { id, status, attempt_count } of await customer.audit.deliveries(endpoint)) {
        const times = arrived.get(id)?.length ?? 0;
        const shown = `delivery ${id} is shown as ${status} after ${attempt_count} attempts; ${times} arrived`;
        found.attempts += attempt_count;
        attempts.set(id, attempt_count);
        // On a slow machine a schedule may end before its server recovers.
        const exhausted = mayFail && status === 'failed' && attempt_count >= ATTEMPTS;
        if (status !== 'success' && !exhausted) unsuccessful.push(shown);
        if (attempt_count > times) invented.push(shown);
        found[receiver === HANGING ? 'repeatedWhereItHung' : 'repeated'] += Math.max(
          0,
          times - attempt_count,
        );
      }
    }
    const { brokers } = this.installation;
    const told = Map.groupBy((await readDeliveryResults(brokers, attempts)).map(attemptOf), (name) => name);
    return {
      ...found,
      missing: await describeMissing(brokers, this.missing(arrivals)),
      unsuccessful: firstFew(unsuccessful),
      invented: firstFew(invented),
      doubleResults: firstFew([...told].filter(([, times]) => times.length > 1).map(([name]) => name)),
    };
  }

  /** Resolves with the counts of the reconciliation once nothing is on its way any more. */
  async reconciliation(customer: Customer): Promise<Reconciliation> {
    let found = await customer.reconciliation(this.began);
    await whileItMoves('a reconciliation with nothing on its way', async () => {
      found = await customer.reconciliation(this.began);
      const { events_awaiting_fan_out, deliveries_open, deliveries_ended } = found;
      return { over: events_awaiting_fan_out === 0 && deliveries_open === 0, come: deliveries_ended };
    });
    return found;
  }

  async clear(): Promise<void> {
    await this.stream?.stop();
    await this.installation.end();
    this.receivers.stop();
  }

  private async arrivals(): Promise<readonly Arrival[]> {
    for (const arrival of await this.receivers.take()) this.seen.push(arrival);
    return this.seen;
  }

  /**
   * Resolves once nothing is on its way any more, or nothing moves; the findings then show what is missing.
   */
  private async ended(customer: Customer): Promise<void> {
    try {
      await whileItMoves('the end of all deliveries', async () => {
        let open = 0;
        for (const { id, since } of this.endpoints) {
          // A delivery that the audit does not show yet does not count as open there.
          const made = [...this.load.accepted.values()].filter((at) => at > since).length;
          if ((await customer.audit.total(id)) < made) open += 1;
          for (const status of ['pending', 'retrying']) {
            if (!(await customer.audit.none(id, status))) open += 1;
          }
        }
        const arrivals = await this.arrivals();
        return { over: open === 0 && this.missing(arrivals).length === 0, come: arrivals.length - open };
      });
    } catch (error) {
      if (!(error instanceof NothingMoves)) throw error;
    }
  }

  private missing(arrivals: readonly Arrival[]): MissingDelivery[] {
    const met = new Set(arrivals.map(({ receiver, mark }) => `${receiver}/${mark}`));
    const missing: MissingDelivery[] = [];
    for (const [mark, acceptedAt] of this.load.accepted) {
      for (const { id: endpointId, receiver, since } of this.endpoints) {
        if (acceptedAt <= since || met.has(`${receiver}/${mark}`)) continue;
        const event = eventId(EVENT_SOURCE, mark);
        missing.push({ mark, eventId: event, endpointId, deliveryId: deliveryId(event, endpointId) });
      }
    }
    return missing;
  }
}

/** The ids in a list, over all pages; each page comes from another instance of the API. */
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
