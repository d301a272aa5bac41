import { randomUUID } from 'node:crypto';

import { deliveryId, eventId } from '@skillora/contracts';
import { NothingMoves, whileItMoves } from '@skillora/engines';
import { type Arrival, EVENT_SOURCE, interviewEvent, Receivers } from '@skillora/load';
import {
  attemptOf,
  carriedPerSecond,
  describeMissing,
  firstFew,
  type MissingDelivery,
  readDeliveryResults,
  shownUnder,
} from '@skillora/running-stack';

import { Customer, type Page, type Reconciliation } from './customer.js';
import { EventStream } from './event-stream.js';
import { Installation, type ServiceCopy } from './installation.js';

/** Of these servers the first answers, the second fails and the third hangs; the others are registered on the way. */
export const [HEALTHY, FAILING, HANGING, ...LATER] = [0, 1, 2, 3, 4] as const;
const RECEIVERS = 5;
const MOST_PER_SECOND = 40;
/** What fails is attempted so often, see SETTINGS. */
const ATTEMPTS = 4;

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

/** What was found in the end. Each list tells of the first few in a line each, and how many more there are. */
export interface Findings {
  /** Pairs of an event and an endpoint that was there before it which never met, and where the log last tells of each. */
  readonly missing: readonly string[];
  /** Attempts of which the log tells more than once. */
  readonly doubleResults: readonly string[];
  /** Deliveries that did not end in success, but for those whose server failed as long as they were attempted. */
  readonly unsuccessful: readonly string[];
  /** Deliveries of which the audit shows more attempts than arrived. */
  readonly invented: readonly string[];
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

  /** Events a second. */
  private carried = 0;
  private stream: EventStream | undefined;
  /** Everything that has arrived, as far as it was looked at. */
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

  /** Registers a server over this copy of the API. @returns the endpoint's id. */
  async register(customer: Customer, receiver: number): Promise<string> {
    const id = await customer.audit.register(this.receivers.urls[receiver] ?? '');
    this.endpoints.push({ id, receiver, since: Date.now() });
    return id;
  }

  /** Measures what this machine carries, over this instance of the API, before there are endpoints. */
  async measure(api: string): Promise<void> {
    this.carried = await carriedPerSecond({ api, ...this.installation.address }, RECEIVERS);
  }

  /** Begins a load that this machine can carry beside everything else. */
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

  /** Resolves once an event that is published now has arrived at a server that answers. @returns its mark. */
  async delivers(receiver: number = HEALTHY): Promise<string> {
    const before = [...this.load.accepted.keys()];
    const mark = await this.load.publish();
    await whileItMoves('the delivery of an event published just now', async () => {
      const arrived = new Set((await this.arrivalsAt(receiver)).map((arrival) => arrival.mark));
      // What was accepted before it is what it may wait for; later ones move as long as there is load.
      return { over: arrived.has(mark), come: before.filter((each) => arrived.has(each)).length };
    });
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
    return (await this.arrivals()).filter((arrival) => arrival.receiver === receiver);
  }

  /** Waits until everything accepted has arrived everywhere and the audit shows it as ended, and looks at it. */
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
        // On a slow machine a schedule may end before the server it goes to recovers.
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

  /** Resolves with what the reconciliation counts once nothing is on its way any more. */
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

  /** Resolves once nothing is on its way any more, or nothing moves; what is missing then is for the findings to tell. */
  private async ended(customer: Customer): Promise<void> {
    try {
      await whileItMoves('the end of all deliveries', async () => {
        let open = 0;
        for (const { id, since } of this.endpoints) {
          // What the audit does not show at all yet is not open in it either.
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
