import { randomUUID } from 'node:crypto';

import { EventPublisher } from '@skillora/load';
import { mayRepeat } from '@skillora/running-stack';
import { whileItMoves } from '@skillora/testing';

import { RecoveringEndpoint } from './recovering-endpoint.js';
import { Scene } from './scene.js';
import type { PartName } from './system-part.js';

/** How many deliveries are recovered; half of them failed, and half were missed. */
const EXPECTED = Number(process.env['RECOVERED_DELIVERIES'] ?? '3000');
const FAILED = Math.floor(EXPECTED / 2);
const MISSED = EXPECTED - FAILED;
/** So slow that the kills come in the middle: the recovery takes half a minute at least. The API allows 1,000 at most. */
const PER_SECOND = Math.min(1_000, Math.ceil(EXPECTED / 30));
const KILLED: readonly PartName[] = ['endpoint-registry', 'dispatcher', 'Kafka', 'PostgreSQL'];
const LIVE_PER_SECOND = 20;
const AT_ONCE = 250;

describe(`a recovery of ${EXPECTED} deliveries under kill -9`, () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.set();
  });
  afterAll(() => scene.clear());

  it('of the instance that runs it, of the dispatcher, of the broker and of PostgreSQL sends each once, beside live events', async () => {
    const { receivers, address } = scene;
    const endpoint = new RecoveringEndpoint(address, scene.endpoints[0] ?? '');
    const began = new Date();
    const failed = await fail(endpoint);
    await endpoint.change({ is_active: false, retry_schedule: 'standard' });
    const missed = await publish(MISSED);
    await receivers.behave({ kind: 'answer', status: 200 }, [0]);
    await whileItMoves('the events at the others', async () => {
      const { arrivals: come } = await receivers.count();
      return { over: come >= FAILED + EXPECTED * (scene.endpoints.length - 1), come };
    });
    await receivers.reset();
    await endpoint.change({ is_active: true });

    const load = await scene.load(LIVE_PER_SECOND);
    const recovery = await endpoint.recover(began, PER_SECOND);
    for (const [index, name] of KILLED.entries()) {
      await endpoint.hasSent(recovery, (EXPECTED * (index + 1)) / (KILLED.length + 2));
      await scene.part(name).killAndAwaitReturn();
    }
    const ended = await endpoint.hasEnded(recovery);
    await load.stop();

    expect(ended).toMatchObject({ expected: EXPECTED, sent: EXPECTED, succeeded: EXPECTED });
    expect(ended).toMatchObject({ failed: 0, skipped: 0 });
    const arrivals = await scene.arrived(load.accepted);
    expect(scene.missing(load.accepted, arrivals)).toEqual([]);
    const wanted = new Set([...failed, ...missed]);
    const recovered = arrivals.filter(({ mark }) => wanted.has(mark));
    // To nobody else, and what was on the wire at a kill twice at most.
    expect(recovered.filter(({ receiver }) => receiver !== 0)).toEqual([]);
    expect(new Set(recovered.map(({ mark }) => mark))).toEqual(wanted);
    const repeated = recovered.length - wanted.size;
    process.stdout.write(`${repeated} of ${EXPECTED} recovered deliveries arrived again\n`);
    expect(repeated).toBeLessThan(mayRepeat(EXPECTED, KILLED.length));
  });

  /** Deliveries that fail for good at the first endpoint. @returns the marks of their events. */
  async function fail(endpoint: RecoveringEndpoint): Promise<string[]> {
    await scene.receivers.behave({ kind: 'answer', status: 500 }, [0]);
    await endpoint.change({ retry_schedule: 'none' });
    const marks = await publish(FAILED);
    await whileItMoves('the failed deliveries', async () => {
      const come = await endpoint.failures();
      return { over: come >= FAILED, come };
    });
    return marks;
  }

  async function publish(count: number): Promise<string[]> {
    const { brokers, organizationId } = scene.address;
    const publisher = await EventPublisher.connect(brokers, organizationId);
    const marks = Array.from({ length: count }, () => randomUUID());
    // A broker takes no larger batch than 1 MB.
    for (let from = 0; from < count; from += AT_ONCE)
      await publisher.publish(marks.slice(from, from + AT_ONCE));
    await publisher.disconnect();
    return marks;
  }
});
