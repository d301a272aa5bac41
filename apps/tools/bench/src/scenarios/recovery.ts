import { randomUUID } from 'node:crypto';

import { eventId } from '@skillora/contracts';
import { EVENT_SOURCE } from '@skillora/load';
import { ApiEndpoint } from '@skillora/running-stack';
import { type Look, untilItHolds, whileItMoves } from '@skillora/testing';

import { percentile, print, round } from '../figures.js';
import { LiveTraffic } from '../live-traffic.js';
import { residentMemory } from '../resident-memory.js';
import type { Scenario } from '../scenario.js';
import { SystemUnderTest } from '../system-under-test.js';

const PER_SECOND = 20;
const BATCH = 250;
const WANTED = 1.2;
/** The receivers, which are also the order of the waits: the endpoint that is recovered, and another one. */
const RECOVERED = 0;
const NAMES = ['the same endpoint', 'another one'];

/** A recovery, as the API shows it. */
interface Progress {
  readonly id: string;
  readonly status: string;
  readonly expected: number;
  readonly sent: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
}

export const recovery: Scenario = {
  name: 'recovery',
  description: `how fast failed and missed deliveries are recovered, and p99 of ${PER_SECOND} live events/s beside that`,
  async run({ quick, deliveries }) {
    const system = await SystemUnderTest.start(NAMES.length);
    try {
      await system.register(NAMES.map((_, receiver) => receiver));
      const endpoint = new ApiEndpoint(system.stack.address, system.endpointIds[RECOVERED] ?? '');
      const bench = new RecoveryBench(system, endpoint, quick ? 4_000 : deliveries);
      await bench.prepare();
      await bench.beside(quick ? 1 : 5, quick ? 5 : 15);
      await bench.rest();
    } finally {
      await system.stop();
    }
  },
};

class RecoveryBench {
  private readonly live: LiveTraffic;
  private readonly since = new Date();
  private readonly backlog = new Set<string>();
  /** How often each event of the backlog arrived since the first recovery began. */
  private readonly arrived = new Map<string, number>();
  private sent = 0;

  constructor(
    private readonly system: SystemUnderTest,
    private readonly endpoint: ApiEndpoint,
    private readonly deliveries: number,
  ) {
    this.live = new LiveTraffic(system, NAMES.length, PER_SECOND);
  }

  /** Makes half of the deliveries fail, and lets the endpoint miss the other half. */
  async prepare(): Promise<void> {
    const { endpoint, system } = this;
    const failed = Math.floor(this.deliveries / 2);
    await this.live.p99(5);
    await system.receivers.behave({ kind: 'answer', status: 500 }, [RECOVERED]);
    const events = ['interview_completed', 'mock_interview_completed'];
    await endpoint.call('PATCH', '', { events, retry_schedule: 'none' });
    await this.publish(failed);
    await whileItMoves('the failures', async () => {
      await system.receivers.reset();
      const { failed_deliveries: come } = await endpoint.call<{ failed_deliveries: number }>('GET');
      return { over: come >= failed, come };
    });
    await endpoint.call('PATCH', '', { is_active: false, retry_schedule: 'standard' });
    await this.publish(this.deliveries - failed);
    const counted = await this.countAll();
    print(`a dry run counted ${counted.expected} of ${this.deliveries}`);
    await system.receivers.behave({ kind: 'answer', status: 200 }, [RECOVERED]);
    await endpoint.call('PATCH', '', { is_active: true });
  }

  /** Live events alone and beside a recovery in turn; each recovery is cancelled after its turn. */
  async beside(turns: number, seconds: number): Promise<void> {
    const ratios: number[][] = NAMES.map(() => []);
    for (let turn = 0; turn < turns; turn += 1) {
      const alone = await this.live.waits(seconds);
      const { id } = await this.begin();
      await whileItMoves('the beginning', () => this.progress(id, ({ sent }) => sent > 0));
      const before = await this.shown(id);
      const beside = await this.live.waits(seconds);
      const { status, sent: sentThen } = await this.shown(id);
      const during = sentThen - before.sent;
      if (status === 'done') throw new Error(`all was recovered in turn ${turn + 1}; use more deliveries`);
      await this.endpoint.call('DELETE', `recoveries/${id}/`);
      const { sent } = await this.settled(id);
      this.sent += sent;
      await this.tally();
      const line = NAMES.map((name, receiver) => {
        const [p99, other] = [alone, beside].map((waits) => percentile(waits[receiver] ?? [], 0.99));
        ratios[receiver]?.push((other ?? NaN) / (p99 ?? NaN));
        return `${name} ${round(p99 ?? NaN, 1)} ms alone, ${round(other ?? NaN, 1)} beside`;
      });
      print(`  live p99: ${line.join('; ')}; ${during} recovered meanwhile`);
    }
    const medians = NAMES.map(
      (name, receiver) => `${name} ${round(percentile(ratios[receiver] ?? [], 0.5), 2)}`,
    );
    print(
      `p99 of live events beside a recovery to that alone, at most ${WANTED} is wanted: ${medians.join(', ')}`,
    );
  }

  /** Recovers what is left, without live events, and compares all counts. */
  async rest(): Promise<void> {
    const memory = [this.memory()];
    const began = Date.now();
    const { id } = await this.begin();
    await whileItMoves('the counting', () => this.progress(id, ({ status }) => status !== 'counting'));
    const countedAt = Date.now();
    const { expected } = await this.shown(id);
    await whileItMoves('the recovery', async () => {
      await this.tally();
      return this.progress(id, ({ status }) => status === 'done');
    });
    const endedAt = Date.now();
    memory.push(this.memory());
    const { sent, succeeded, failed, skipped } = await this.shown(id);
    this.sent += sent;
    await this.tally();
    print(
      `the last recovery counted ${expected} in ${round((countedAt - began) / 1_000, 1)} s and sent ${sent} in ` +
        `${round((endedAt - countedAt) / 1_000, 1)} s: ${round((sent * 1_000) / (endedAt - countedAt))}/s; ` +
        `${succeeded} succeeded, ${failed} failed, ${skipped} skipped`,
    );
    const times = [...this.arrived.values()];
    print(
      `all recoveries: ${this.sent} of ${this.deliveries} sent; ${times.length} arrived, ` +
        `${times.reduce((sum, each) => sum + each - 1, 0)} of them again; MB before and after: ${memory.join(' and ')}`,
    );
  }

  /** Waits until the audit has the last event, and a dry run has counted all. */
  private async countAll(): Promise<Progress> {
    const { api, token } = this.system.stack.address;
    const last = eventId(EVENT_SOURCE, [...this.backlog].at(-1) ?? '');
    await untilItHolds('the last event in the audit', async () => {
      const headers = { authorization: `Bearer ${token}` };
      return (await fetch(`${api}/api/v1/webhook-events/${last}/`, { headers })).ok;
    });
    const { id } = await this.begin({ dry_run: true });
    await whileItMoves('the dry run', () => this.progress(id, ({ status }) => status === 'done'));
    return this.shown(id);
  }

  private begin(more: object = {}): Promise<Progress> {
    const body = { since: this.since.toISOString(), what: 'undelivered', ...more };
    return this.endpoint.call('POST', 'recoveries/', body);
  }

  private shown(id: string): Promise<Progress> {
    return this.endpoint.call('GET', `recoveries/${id}/`);
  }

  private async progress(id: string, isOver: (shown: Progress) => boolean): Promise<Look> {
    const shown = await this.shown(id);
    const { expected, sent, succeeded, failed, skipped } = shown;
    return { over: isOver(shown), come: expected + sent + succeeded + failed + skipped };
  }

  /** Waits until everything that a cancelled recovery sent has ended. */
  private async settled(id: string): Promise<Progress> {
    await whileItMoves('the end of what was sent', () =>
      this.progress(id, ({ sent, succeeded, failed }) => succeeded + failed >= sent),
    );
    return this.shown(id);
  }

  /** Counts the arrivals of the backlog, and forgets what has arrived. */
  private async tally(): Promise<void> {
    for (const { mark } of await this.system.receivers.take()) {
      if (this.backlog.has(mark)) this.arrived.set(mark, (this.arrived.get(mark) ?? 0) + 1);
    }
  }

  private async publish(count: number): Promise<void> {
    for (let left = count; left > 0; left -= BATCH) {
      const marks = Array.from({ length: Math.min(BATCH, left) }, () => randomUUID());
      for (const mark of marks) this.backlog.add(mark);
      await this.system.publisher.publish(marks, 'mock_interview_completed');
    }
  }

  private memory(): string {
    const { dataDir } = this.system.stack.address;
    return ['dispatcher', 'endpoint-registry']
      .map((service) => `${service} ${round(residentMemory(dataDir, service) ?? NaN)}`)
      .join(', ');
  }
}
