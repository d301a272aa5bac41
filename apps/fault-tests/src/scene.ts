import { setTimeout as delay } from 'node:timers/promises';

import { type Arrival, Receivers } from '@skillora/load';
import {
  Audit,
  ExtraDispatcher,
  readDeliveryResults,
  RunningStack,
  type StackAddress,
} from '@skillora/running-stack';

import { type PartName, SystemPart } from './system-part.js';

const ENDPOINTS = 4;
/** The delays between attempts that a scene's system keeps unless it is told otherwise. */
export const RETRY_DELAYS_MS = [1_000, 5_000, 30_000] as const;
const ARRIVAL_LIMIT_MS = 120_000;
const AUDIT_LIMIT_MS = 120_000;

const SETTINGS = {
  ALLOW_HTTP_TARGETS: 'true',
  ALLOWED_TARGET_CIDRS: '127.0.0.0/8',
  RETRY_DELAYS: RETRY_DELAYS_MS.map((ms) => `${ms}ms`).join(','),
  DELIVERY_TIMEOUT: '5s',
};

/** Events by mark. */
type Marks = ReadonlySet<string> | ReadonlyMap<string, unknown>;

/** What was found after a fault, in figures. */
export interface Findings {
  readonly accepted: number;
  /** Pairs of event and endpoint that never arrived. */
  readonly missing: number;
  /** Arrivals of what had arrived before. */
  readonly repeated: number;
  /** Attempts of which the log tells more than once. */
  readonly doubleResults: number;
  /** Deliveries the audit does not show as succeeded, or shows with more attempts than arrived. */
  readonly auditDisagrees: number;
}

/** A whole system with four endpoints whose servers note what arrives. */
export class Scene {
  private readonly dispatchers: ExtraDispatcher[] = [];

  private constructor(
    private readonly settings: Record<string, string>,
    readonly stack: RunningStack,
    readonly receivers: Receivers,
    readonly endpoints: readonly string[],
    private readonly audit: Audit,
  ) {}

  /** Starts system and servers, and registers an endpoint for each. */
  static async set(settings: Record<string, string> = {}): Promise<Scene> {
    const receivers = await Receivers.start(ENDPOINTS);
    const all = { ...SETTINGS, ...settings };
    const stack = await RunningStack.start(all);
    const audit = new Audit(stack.address);
    const endpoints: string[] = [];
    for (const url of receivers.urls) endpoints.push(await audit.register(url));
    return new Scene(all, stack, receivers, endpoints, audit);
  }

  get address(): StackAddress {
    return this.stack.address;
  }

  part(name: PartName): SystemPart {
    return new SystemPart(this.address, name);
  }

  /** Another dispatcher beside the system's own, ready for work. */
  async dispatcher(): Promise<ExtraDispatcher> {
    const dispatcher = await ExtraDispatcher.start(this.address.dataDir, this.settings);
    this.dispatchers.push(dispatcher);
    return dispatcher;
  }

  async clear(): Promise<void> {
    await Promise.all(this.dispatchers.map((dispatcher) => dispatcher.end('SIGKILL')));
    await this.stack.stop();
    this.receivers.stop();
  }

  /** Waits until everything accepted has arrived at every server and is shown, as far as it comes, and looks at it. */
  async findings(accepted: Marks): Promise<Findings> {
    const arrivals = await this.arrived(accepted);
    const deliveries = accepted.size * this.endpoints.length;
    const distinct = new Set(arrivals.map(({ receiver, mark }) => `${receiver}/${mark}`));
    const results = await readDeliveryResults(this.address.brokers, deliveries, ARRIVAL_LIMIT_MS);
    const attempts = new Set(results.map(({ deliveryId, round, step }) => `${deliveryId}/${round}/${step}`));
    return {
      accepted: accepted.size,
      missing: missing(accepted, this.endpoints.length, distinct),
      repeated: arrivals.length - distinct.size,
      doubleResults: results.length - attempts.size,
      auditDisagrees: await this.auditDisagrees(accepted.size, arrivals),
    };
  }

  /** Resolves with all arrivals once these events have arrived at every server, or after two minutes without. */
  async arrived(accepted: Marks): Promise<Arrival[]> {
    const deadline = Date.now() + ARRIVAL_LIMIT_MS;
    for (;;) {
      const { arrivals: count } = await this.receivers.count();
      if (count >= accepted.size * this.endpoints.length || Date.now() > deadline) {
        const arrivals = await this.receivers.arrivals();
        const distinct = new Set(arrivals.map(({ receiver, mark }) => `${receiver}/${mark}`));
        if (missing(accepted, this.endpoints.length, distinct) === 0 || Date.now() > deadline)
          return arrivals;
      }
      await delay(500);
    }
  }

  private async auditDisagrees(accepted: number, arrivals: readonly Arrival[]): Promise<number> {
    const made = new Map<string, number>();
    for (const { deliveryId } of arrivals) made.set(deliveryId, (made.get(deliveryId) ?? 0) + 1);
    let disagreeing = 0;
    for (const endpoint of this.endpoints) {
      await this.audited(endpoint, accepted);
      const shown = await this.audit.deliveries(endpoint);
      disagreeing += Math.abs(accepted - shown.length);
      for (const { id, status, attempt_count } of shown) {
        if (status !== 'success' || attempt_count < 1 || attempt_count > (made.get(id) ?? 0))
          disagreeing += 1;
      }
    }
    return disagreeing;
  }

  /** Waits until the audit has caught up; what is missing after the limit is for the comparison to tell. */
  private async audited(endpoint: string, accepted: number): Promise<void> {
    const deadline = Date.now() + AUDIT_LIMIT_MS;
    while (Date.now() < deadline) {
      const settled =
        (await this.audit.total(endpoint)) >= accepted &&
        (await this.audit.none(endpoint, 'pending')) &&
        (await this.audit.none(endpoint, 'retrying'));
      if (settled) return;
      await delay(500);
    }
  }
}

function missing(accepted: Marks, receivers: number, distinct: ReadonlySet<string>): number {
  let count = 0;
  for (const mark of accepted.keys()) {
    for (let receiver = 0; receiver < receivers; receiver += 1) {
      if (!distinct.has(`${receiver}/${mark}`)) count += 1;
    }
  }
  return count;
}
