import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { pace } from '@skillora/load';
import { ApiEndpoint, Audit } from '@skillora/running-stack';

import { backlogOrder } from '../backlog-order.js';
import { percentile, print, round } from '../figures.js';
import { LiveTraffic } from '../live-traffic.js';
import { residentMemory } from '../resident-memory.js';
import type { Scenario } from '../scenario.js';
import { SystemUnderTest } from '../system-under-test.js';

const HEALTHY = 4;
const PER_SECOND = 20;
const BACKLOG = 10_000;
const BACKLOG_SECONDS = 20;
/** A backlog in the slow lane is smaller: the attempts at a server that hangs take their time. */
const SLOW_BACKLOG = 2_000;
const WANTED = 1.1;
const LIMIT_MS = 300_000;
const LOOK_EVERY_MS = 500;
/** Attempts at the server that hangs end soon, and are soon repeated. */
const SETTINGS = { DELIVERY_TIMEOUT: '5s', RETRY_DELAYS: '5s,10s,20s' };

export const held: Scenario = {
  name: 'held',
  description: `p99 of ${HEALTHY} endpoints at ${PER_SECOND} events/s while ${BACKLOG} events come to a held one, wait and are sent`,
  async run({ quick }) {
    const system = await SystemUnderTest.start(HEALTHY + 2, SETTINGS);
    try {
      await system.register(Array.from({ length: HEALTHY }, (_, index) => index));
      const bench = new HeldBench(system, quick ? 2_000 : BACKLOG, quick ? 8 : BACKLOG_SECONDS);
      await bench.warmUp();
      const turns: Turn[] = [];
      for (let turn = 0; turn < (quick ? 1 : 3); turn += 1) turns.push(await bench.turn());
      tell(turns);
      await bench.slowLane();
      await bench.deletion();
    } finally {
      await system.stop();
    }
  },
};

/** The p99 of the others in each phase, ms. */
interface Turn {
  readonly alone: number;
  /** The events come to an endpoint that is not held: the same work, without the hold. */
  readonly taken: number;
  readonly coming: number;
  readonly waiting: number;
  readonly resumed: number;
}

function tell(turns: readonly Turn[]): void {
  const ratio = (phase: keyof Turn, to: keyof Turn): string =>
    round(
      percentile(
        turns.map((turn) => turn[phase] / turn[to]),
        0.5,
      ),
      2,
    );
  print(
    `p99 of the others, medians of ${turns.length} turns, at most ${WANTED} is wanted: ` +
      `${ratio('coming', 'taken')} while they come to the held endpoint, to that while another takes as many; ` +
      `${ratio('waiting', 'alone')} while they wait, ${ratio('resumed', 'alone')} while they are sent, to that alone`,
  );
}

class HeldBench {
  private readonly live: LiveTraffic;

  constructor(
    private readonly system: SystemUnderTest,
    private readonly events: number,
    private readonly seconds: number,
  ) {
    this.live = new LiveTraffic(system, HEALTHY, PER_SECOND);
  }

  async warmUp(): Promise<void> {
    await this.live.p99(5);
  }

  /** All phases, one after the other, with an endpoint of their own. */
  async turn(): Promise<Turn> {
    const { receivers } = this.system;
    const endpoint = await this.target(HEALTHY);
    await receivers.reset();
    const alone = await this.live.p99(this.seconds);
    const rss = [this.memory()];
    const [taken] = await Promise.all([this.live.p99(this.seconds), this.publish()]);
    await this.untilQuiet();
    await endpoint.call('POST', 'hold/');
    await receivers.reset();
    rss.push(this.memory());
    const [coming, marks] = await Promise.all([this.live.p99(this.seconds), this.publish()]);
    rss.push(this.memory());
    const waiting = await this.live.p99(this.seconds);
    rss.push(this.memory());
    const early = (await receivers.arrivals()).filter(({ receiver }) => receiver === HEALTHY).length;
    await receivers.reset();
    await endpoint.call('POST', 'resume/');
    const began = Date.now();
    const resumed = await this.live.p99(this.seconds);
    const order = await this.order(HEALTHY, marks);
    rss.push(this.memory());
    await endpoint.call('DELETE');
    print(
      `alone ${round(alone, 1)} ms, ${this.events} taken ${round(taken, 1)}, coming to the held ${round(coming, 1)}, ` +
        `waiting ${round(waiting, 1)}, being sent ${round(resumed, 1)}`,
    );
    print(
      `  ${early} arrived while held; after it ${order.line}, the last ${round((order.lastAt - began) / 1_000, 1)} s after it`,
    );
    print(
      `  dispatcher, MB: ${rss.join(', ')} (alone, before the hold, all there, all have waited, all sent)`,
    );
    return { alone, taken, coming, waiting, resumed };
  }

  /** Holds an endpoint whose backlog is in the slow lane, mends its server, and resumes. */
  async slowLane(): Promise<void> {
    const { receivers } = this.system;
    const receiver = HEALTHY + 1;
    await receivers.behave({ kind: 'hang' }, [receiver]);
    const endpoint = await this.target(receiver);
    await receivers.reset();
    const marks = await this.publish(SLOW_BACKLOG, 5);
    await delay(5_000);
    await endpoint.call('POST', 'hold/');
    // What has begun ends, and its retries wait too.
    await delay(10_000);
    await receivers.behave({ kind: 'answer', status: 200 }, [receiver]);
    const begun = new Set(await this.arrivedAt(receiver)).size;
    await delay(10_000);
    const during = new Set(await this.arrivedAt(receiver)).size - begun;
    const began = Date.now();
    await endpoint.call('POST', 'resume/');
    const order = await this.order(receiver, marks);
    await endpoint.call('DELETE');
    print(
      `${SLOW_BACKLOG} in the slow lane, held: ${begun} had begun, ${during} were begun while held; ` +
        `after it ${order.line}, the last ${round((order.lastAt - began) / 1_000, 1)} s after it`,
    );
  }

  /** Deletes a held endpoint that has a backlog. */
  async deletion(): Promise<void> {
    const { receivers, stack } = this.system;
    const endpoint = await this.target(HEALTHY);
    await endpoint.call('POST', 'hold/');
    await receivers.reset();
    await this.publish();
    const alone = await this.live.p99(this.seconds);
    const began = Date.now();
    await endpoint.call('DELETE');
    const beside = await this.live.p99(this.seconds);
    const audit = new Audit(stack.address);
    while (!(await audit.none(endpoint.id, 'pending'))) {
      if (Date.now() - began > LIMIT_MS) throw new Error('deliveries of a deleted endpoint stay pending');
      await delay(LOOK_EVERY_MS);
    }
    const seconds = (Date.now() - began) / 1_000;
    const ended = await audit.deliveries(endpoint.id, 'failed');
    const sent = (await this.arrivedAt(HEALTHY)).length;
    print(
      `deleted while held: ${ended.length} of ${this.events} ended as failed, at the latest ${round(seconds, 1)} s after it, ` +
        `${sent} were sent; p99 of the others ${round(beside / alone, 2)} times that before`,
    );
  }

  /** Registers a receiver for the events of the backlog. */
  private async target(receiver: number): Promise<ApiEndpoint> {
    const { registration, receivers, stack } = this.system;
    const url = receivers.urls[receiver] ?? '';
    const id = await registration.register(url, 'bench', 'mock_interview_completed');
    return new ApiEndpoint(stack.address, id);
  }

  /** Publishes the backlog, one batch after the other. @returns the events in their order. */
  private async publish(events = this.events, seconds = this.seconds): Promise<string[]> {
    const marks: string[] = [];
    for await (const due of pace(events / seconds, seconds)) {
      const some = Array.from({ length: due }, () => randomUUID());
      await this.system.publisher.publish(some, 'mock_interview_completed');
      marks.push(...some);
    }
    return marks;
  }

  /** Waits until a backlog has arrived. @returns how. */
  private async order(
    receiver: number,
    marks: readonly string[],
  ): Promise<{ readonly line: string; readonly lastAt: number }> {
    const deadline = Date.now() + LIMIT_MS;
    for (;;) {
      const arrivals = (await this.system.receivers.arrivals()).filter((each) => each.receiver === receiver);
      const { missing, repeated, late, mostOvertaken } = backlogOrder(marks, arrivals);
      if (missing === 0 || Date.now() > deadline) {
        const line = `${marks.length - missing} of ${marks.length} arrived, ${repeated} again, ${late} behind a later one, by ${mostOvertaken} places at most`;
        return { line, lastAt: arrivals.at(-1)?.at ?? NaN };
      }
      await delay(LOOK_EVERY_MS);
    }
  }

  /** Waits until nothing arrives at the endpoint of the backlog any more. */
  private async untilQuiet(): Promise<void> {
    let before = -1;
    for (;;) {
      const { arrivals } = await this.system.receivers.count();
      if (arrivals === before) return;
      before = arrivals;
      await delay(4 * LOOK_EVERY_MS);
    }
  }

  private async arrivedAt(receiver: number): Promise<string[]> {
    const arrivals = await this.system.receivers.arrivals();
    return arrivals.filter((each) => each.receiver === receiver).map(({ mark }) => mark);
  }

  private memory(): string {
    return round(residentMemory(this.system.stack.address.dataDir, 'dispatcher') ?? NaN);
  }
}
