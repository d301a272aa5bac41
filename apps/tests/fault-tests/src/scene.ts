import { deliveryId, eventId } from '@skillora/contracts';
import { type Arrival, EVENT_SOURCE, Receivers } from '@skillora/load';
import {
  attemptOf,
  Audit,
  carriedPerSecond,
  describeMissing,
  ExtraDispatcher,
  firstFew,
  type MissingDelivery,
  readDeliveryResults,
  RunningStack,
  shownUnder,
  type StackAddress,
} from '@skillora/running-stack';
import { NothingMoves, whileItMoves } from '@skillora/testing';

import { SteadyLoad } from './steady-load.js';
import { type PartName, SystemPart } from './system-part.js';

const ENDPOINTS = 4;

const SETTINGS = {
  ALLOW_HTTP_TARGETS: 'true',
  ALLOWED_TARGET_CIDRS: '127.0.0.0/8',
  RETRY_DELAYS: '1s,5s,30s',
  DELIVERY_TIMEOUT: '5s',
};

/** Events by mark. */
type Marks = ReadonlySet<string> | ReadonlyMap<string, unknown>;

/** What was found after a fault. Each list tells of the first few in a line each, and how many more there are. */
export interface Findings {
  readonly accepted: number;
  /** Arrivals of what had arrived before. */
  readonly repeated: number;
  /** Pairs of event and endpoint that never arrived, and where the log last tells of each. */
  readonly missing: readonly string[];
  /** Attempts of which the log tells more than once. */
  readonly doubleResults: readonly string[];
  /** Deliveries the audit does not show as succeeded, or shows with more attempts than arrived, or not at all. */
  readonly auditDisagrees: readonly string[];
}

/** What {@link Findings} hold where nothing was lost and nothing told of twice. */
export const NOTHING_LOST = { missing: [], doubleResults: [], auditDisagrees: [] } as const;

/** A whole system with four endpoints whose servers note what arrives. */
export class Scene {
  private readonly dispatchers: ExtraDispatcher[] = [];
  private readonly loads: SteadyLoad[] = [];

  private constructor(
    private readonly settings: Record<string, string>,
    readonly stack: RunningStack,
    readonly receivers: Receivers,
    readonly endpoints: readonly string[],
    private readonly audit: Audit,
    /** Events a second that the system carries on this machine. */
    private readonly carried: number,
  ) {}

  /** Starts system and servers, measures what the machine carries, and registers an endpoint for each server. */
  static async set(settings: Record<string, string> = {}): Promise<Scene> {
    const all = { ...SETTINGS, ...settings };
    const stack = await RunningStack.start(all);
    try {
      const carried = await carriedPerSecond(stack.address, ENDPOINTS);
      const receivers = await Receivers.start(ENDPOINTS);
      const audit = new Audit(stack.address);
      const endpoints: string[] = [];
      for (const url of receivers.urls) endpoints.push(await audit.register(url));
      return new Scene(all, stack, receivers, endpoints, audit, carried);
    } catch (error) {
      await stack.stop();
      throw error;
    }
  }

  get address(): StackAddress {
    return this.stack.address;
  }

  part(name: PartName): SystemPart {
    return new SystemPart(this.address, name);
  }

  /** Begins a load that this machine can carry beside everything else, of `most` events a second at most. */
  async load(most: number): Promise<SteadyLoad> {
    const perSecond = shownUnder(this.carried, most);
    process.stdout.write(
      `${Math.round(this.carried)} events/s to ${ENDPOINTS} endpoints are what this machine carries, ` +
        `${perSecond} events/s the load\n`,
    );
    const load = await SteadyLoad.start(this.address, perSecond);
    this.loads.push(load);
    return load;
  }

  /** Another dispatcher beside the system's own, ready for work. */
  async dispatcher(): Promise<ExtraDispatcher> {
    const dispatcher = await ExtraDispatcher.start(this.address.dataDir, this.settings);
    this.dispatchers.push(dispatcher);
    return dispatcher;
  }

  async clear(): Promise<void> {
    for (const load of this.loads) load.abandon();
    await Promise.all(this.dispatchers.map((dispatcher) => dispatcher.end('SIGKILL')));
    await this.stack.stop();
    this.receivers.stop();
  }

  /** Waits until everything accepted has arrived at every server and is shown, as far as it comes, and looks at it. */
  async findings(accepted: Marks): Promise<Findings> {
    const arrivals = await this.arrived(accepted);
    const missing = this.missing(accepted, arrivals);
    const distinct = new Set(arrivals.map(({ receiver, mark }) => `${receiver}/${mark}`));
    return {
      accepted: accepted.size,
      repeated: arrivals.length - distinct.size,
      missing: await describeMissing(this.address.brokers, missing),
      doubleResults: await this.doubleResults(arrivals),
      auditDisagrees: await this.auditDisagrees(accepted.size, arrivals),
    };
  }

  /** Resolves with all arrivals once these events have arrived at every server, or nothing arrives any more. */
  async arrived(accepted: Marks): Promise<Arrival[]> {
    const deliveries = accepted.size * this.endpoints.length;
    await asFarAsItComes(
      whileItMoves(`the arrival of ${deliveries} deliveries`, async () => {
        const { arrivals: come } = await this.receivers.count();
        const over =
          come >= deliveries && this.missing(accepted, await this.receivers.arrivals()).length === 0;
        return { over, come };
      }),
    );
    return this.receivers.arrivals();
  }

  /** Resolves once so many requests have arrived over all servers. @throws when no more arrive. */
  async requests(count: number): Promise<void> {
    await whileItMoves(
      `the arrival of ${count} requests`,
      async () => {
        const { arrivals: come } = await this.receivers.count();
        return { over: come >= count, come };
      },
      { everyMs: 20 },
    );
  }

  /** What of these events has not arrived, at which endpoint. */
  missing(accepted: Marks, arrivals: readonly Arrival[]): MissingDelivery[] {
    const arrived = new Set(arrivals.map(({ receiver, mark }) => `${receiver}/${mark}`));
    const missing: MissingDelivery[] = [];
    for (const mark of accepted.keys()) {
      this.endpoints.forEach((endpointId, receiver) => {
        if (arrived.has(`${receiver}/${mark}`)) return;
        const event = eventId(EVENT_SOURCE, mark);
        missing.push({ mark, eventId: event, endpointId, deliveryId: deliveryId(event, endpointId) });
      });
    }
    return missing;
  }

  private async doubleResults(arrivals: readonly Arrival[]): Promise<string[]> {
    const attempted = new Map(arrivals.map((arrival) => [arrival.deliveryId, 1]));
    const results = await readDeliveryResults(this.address.brokers, attempted);
    const told = new Set<string>();
    const again: string[] = [];
    for (const attempt of results.map(attemptOf)) {
      if (told.has(attempt)) again.push(`attempt ${attempt}`);
      told.add(attempt);
    }
    return firstFew(again);
  }

  private async auditDisagrees(accepted: number, arrivals: readonly Arrival[]): Promise<string[]> {
    const made = new Map<string, number>();
    for (const { deliveryId: id } of arrivals) made.set(id, (made.get(id) ?? 0) + 1);
    const disagreeing: string[] = [];
    for (const endpoint of this.endpoints) {
      await this.audited(endpoint, accepted);
      const shown = await this.audit.deliveries(endpoint);
      if (shown.length !== accepted)
        disagreeing.push(`endpoint ${endpoint}: ${shown.length} deliveries are shown of ${accepted}`);
      for (const { id, status, attempt_count } of shown) {
        const times = made.get(id) ?? 0;
        if (status !== 'success' || attempt_count < 1 || attempt_count > times)
          disagreeing.push(
            `delivery ${id} is shown as ${status} after ${attempt_count} attempts; ${times} arrived`,
          );
      }
    }
    return firstFew(disagreeing);
  }

  /** Waits until the audit has caught up, as far as it comes; what is missing then is for the comparison to tell. */
  private async audited(endpoint: string, accepted: number): Promise<void> {
    await asFarAsItComes(
      whileItMoves('the audit', async () => {
        const total = await this.audit.total(endpoint);
        const ended = [
          await this.audit.none(endpoint, 'pending'),
          await this.audit.none(endpoint, 'retrying'),
        ].filter(Boolean).length;
        return { over: total >= accepted && ended === 2, come: total + ended };
      }),
    );
  }
}

/** What a wait does not bring about is found by what looks afterwards. */
async function asFarAsItComes(waiting: Promise<void>): Promise<void> {
  try {
    await waiting;
  } catch (error) {
    if (!(error instanceof NothingMoves)) throw error;
  }
}
