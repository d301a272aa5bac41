import { randomUUID } from 'node:crypto';

import { canonicalEventSchema, deliverySchema, fanOutReportSchema, Topics } from '@skillora/contracts';
import type { Logger } from '@skillora/operability';

import { anyEvent } from '../testing/any-event.js';
import { aUnit, encoded, endpoint, LOOK, TRACE } from './testing/a-unit.js';

describe('a unit of this instance', () => {
  it('begins where its ledger says, and where the group says in topics that the ledger does not know', async () => {
    const { host } = await aUnit();
    expect(host.window(Topics.deliveries).next).toBe(9n);
    expect(host.window(Topics.events).next).toBe(0n);
  });

  it('delivers an event with its trace, and writes its report with what the delivery ended with', async () => {
    const { host, delivered, written, offer } = await aUnit();
    expect(await offer(encoded({ organizationId: 'o' }))).toBeNull();
    const [read] = delivered;
    expect(read).toMatchObject({ partition: 4, delivery: { endpointId: endpoint.id, endpointVersion: 3 } });
    expect(read?.record.record.headers).toMatchObject({ traceparent: TRACE });
    const result = { topic: Topics.deliveryResults, key: 'd', value: Buffer.from('result') };
    read?.record.batch.ack(0n, [result]);
    await host.flush();
    expect(written.map(({ topic }) => topic)).toEqual([Topics.deliveryResults, Topics.fanOuts]);
    expect(host.window(Topics.events).inFlight).toBe(0);
  });

  it('has the transport offer again what it has no room for, and says when there is room', async () => {
    const { host, delivered, resumed, offer } = await aUnit({ deliveries: 1, bytes: 100_000 });
    expect(await offer(encoded({ organizationId: 'o' }), encoded({ organizationId: 'o' }))).toBe(1n);
    expect(delivered).toHaveLength(1);
    delivered[0]?.record.batch.ack(0n, []);
    expect(resumed).toEqual([]);
    await host.flush();
    expect(resumed).toContain(Topics.events);
  });

  it('puts aside what is no event or repeats one with other data, and reports repeats without deliveries', async () => {
    const { host, delivered, written, offer } = await aUnit();
    const event = anyEvent({ organizationId: 'o' });
    const other = { ...event, body: '{"event":"interview.completed","data":{"id":"other"}}' };
    await offer(...[event, event, other].map((each) => canonicalEventSchema.encode(each)), Buffer.from('no'));
    expect(delivered).toHaveLength(1);
    delivered[0]?.record.batch.ack(0n, []);
    await host.flush();
    const topics = written.map(({ topic }) => topic);
    expect(topics).toContain(Topics.deadLetter);
    expect(topics.filter((topic) => topic === Topics.interviewCompletionsDeadLetter)).toHaveLength(1);
    const reports = written.filter(({ topic }) => topic === Topics.fanOuts);
    const told = reports.flatMap(({ value }) => fanOutReportSchema.decode(value!).events);
    expect(told.map(({ deliveryIds }) => deliveryIds.length).toSorted()).toEqual([0, 0, 1]);
  });

  it('looks at the endpoints once for all looks that it has been given together, and takes no event behind them before', async () => {
    let looks = 0;
    let isRefused = true;
    const caughtUp = (): Promise<void> => {
      looks += 1;
      return looks > 1 && isRefused ? Promise.reject(new Error('no broker answers')) : Promise.resolve();
    };
    const { host, delivered, offer } = await aUnit(undefined, { caughtUp });
    // A takeover looks too.
    expect(looks).toBe(1);
    const event = encoded({ organizationId: 'o' });
    expect(await offer(LOOK, event)).toBe(0n);
    expect(delivered).toEqual([]);
    isRefused = false;
    looks = 0;
    host.window(Topics.events).giveBack([0n, 1n]);
    expect(await offer(event, LOOK, event, LOOK, LOOK, event)).toBeNull();
    expect(looks).toBe(1);
    expect(delivered).toHaveLength(1);
    expect(await offer(LOOK)).toBeNull();
    expect(looks).toBe(2);
  });

  it('takes the first end of a delivery, and no other, whether that is written or not', async () => {
    const endpoints = [endpoint, { ...endpoint, id: randomUUID() }];
    const { host, delivered, written, offer } = await aUnit(undefined, { endpoints });
    await offer(encoded({ organizationId: 'o' }));
    const say = (at: number, result: string): void =>
      delivered[at]?.record.batch.ack(0n, [
        { topic: Topics.deliveryResults, key: 'd', value: Buffer.from(result) },
      ]);
    say(0, 'first');
    say(0, 'second');
    await host.flush();
    say(0, 'third');
    await host.flush();
    expect(host.window(Topics.events).inFlight).toBe(1);
    say(1, 'of the other endpoint');
    await host.flush();
    say(1, 'too late');
    await host.flush();
    const results = written.filter(({ topic }) => topic === Topics.deliveryResults);
    expect(results.map(({ value }) => String(value))).toEqual(['first', 'of the other endpoint']);
    expect(host.window(Topics.events).inFlight).toBe(0);
  });

  it('tells an event no later than those behind it, however young it is', async () => {
    const { host, delivered, written, offer } = await aUnit();
    const [first, second] = [anyEvent({ organizationId: 'o' }), anyEvent({ organizationId: 'o' })];
    await offer(canonicalEventSchema.encode(first), canonicalEventSchema.encode(second));
    delivered[1]?.record.batch.ack(1n, []);
    await host.flush();
    const reports = written.filter(({ topic }) => topic === Topics.fanOuts);
    const told = reports.flatMap(({ value }) => fanOutReportSchema.decode(value!).events);
    expect(told.map(({ id }) => id)).toEqual([first.id, second.id]);
  });

  it('does not give an organisation what was told of an event of another one, whose topic was made anew', async () => {
    const left = new Map([[endpoint.id, 5]]);
    const told = new Map([[0n, { matched: { slices: 1, lastEndpointId: null, isWhole: true }, left }]]);
    const { delivered, offer } = await aUnit(undefined, { told, endpoints: [] });
    await offer(encoded({ organizationId: 'another' }));
    expect(delivered).toEqual([]);
  });

  it('puts a delivery aside whose records Kafka refuses for good, and writes the others', async () => {
    const { host, delivered, written, offer } = await aUnit(undefined, { refused: 'refused' });
    await offer(...['a', 'b', 'c'].map(() => encoded({ organizationId: 'o' })));
    for (const [at, result] of ['fine', 'refused', 'as fine'].entries())
      delivered[at]?.record.batch.ack(0n, [
        { topic: Topics.deliveryResults, key: 'd', value: Buffer.from(result) },
      ]);
    await host.flush();
    const results = written.filter(({ topic }) => topic === Topics.deliveryResults);
    expect(results.map(({ value }) => String(value)).toSorted()).toEqual(['as fine', 'fine']);
    expect(written.filter(({ topic }) => topic === Topics.deadLetter)).toHaveLength(1);
    expect(host.window(Topics.events).inFlight).toBe(0);
  });

  it('does not take its ledger over again after a failure if it may not open it, and gives the unit up', async () => {
    const { host, delivered, offer, timesLost } = await aUnit(undefined, {
      refused: 'refused',
      mayOpen: false,
    });
    await offer(encoded({ organizationId: 'o' }));
    const result = { topic: Topics.deliveryResults, key: 'd', value: Buffer.from('refused') };
    delivered[0]?.record.batch.ack(0n, [result]);
    await host.flush();
    expect(timesLost()).toBe(1);
  });

  it('tells an event without its report if Kafka refuses that for good, says so, and writes the others', async () => {
    const events = ['refused', 'fine', 'as fine'].map((sourceId) =>
      anyEvent({ organizationId: 'o', sourceId }),
    );
    const lines: string[] = [];
    const { host, delivered, written, offer } = await aUnit(undefined, {
      refuses: ({ topic, value }) => topic === Topics.fanOuts && String(value).includes(events[0]?.id ?? ''),
      logger: {
        warn: () => undefined,
        isLevelEnabled: () => false,
        error: ({ event }: { event: string }) => void lines.push(event),
      } as unknown as Logger,
    });
    await offer(...events.map((each) => canonicalEventSchema.encode(each)));
    for (const { record, delivery } of delivered)
      record.batch.ack(record.record.offset, [
        { topic: Topics.deliveryResults, key: 'd', value: Buffer.from(delivery.eventId) },
      ]);
    await host.flush();
    const results = written.filter(({ topic }) => topic === Topics.deliveryResults);
    expect(results.map(({ value }) => String(value)).toSorted()).toEqual(
      events.map(({ id }) => id).toSorted(),
    );
    const reports = written.filter(({ topic }) => topic === Topics.fanOuts);
    expect(
      reports.flatMap(({ value }) => fanOutReportSchema.decode(value!).events).map(({ id }) => id),
    ).toEqual(events.slice(1).map(({ id }) => id));
    expect(written.filter(({ topic }) => topic === Topics.deadLetter)).toEqual([]);
    expect(lines).toEqual([events[0]?.id]);
    expect(host.window(Topics.events).inFlight).toBe(0);
  });

  it('names large bodies where its deliveries are written, and has them in memory for the attempts', async () => {
    const { delivered, offer } = await aUnit(undefined, { largestCopied: 100 });
    const event = anyEvent({ organizationId: 'o' });
    const large = { ...event, id: randomUUID(), sourceId: 'large', body: `{"x":"${'ž'.repeat(100)}"}` };
    await offer(...[event, large].map((each) => canonicalEventSchema.encode(each)));
    const place = { partition: 4, offset: '1', bytes: 208 };
    expect(delivered.map(({ body, bytes }) => [body, bytes])).toEqual([
      [event.body, event.body.length],
      [large.body, place.bytes],
    ]);
    // Retries hold what the delivery holds, and the slow lane has the value of its record.
    expect(delivered.map(({ delivery }) => delivery.body)).toEqual([event.body, place]);
    const { value, headers } = delivered[1]!.record.record;
    expect(deliverySchema.decode(value!).body).toEqual(place);
    expect(headers).toMatchObject({ 'body-bytes': '208' });
  });

  it('writes its positions when it has had nothing to write for a minute, and then each six hours', async () => {
    let now = 0;
    const timers: { readonly at: number; readonly act: () => void }[] = [];
    const clock = {
      now: () => now,
      monotonic: () => now,
      after: (ms: number, act: () => void) => {
        const timer = { at: now + ms, act };
        timers.push(timer);
        return () => void timers.splice(timers.indexOf(timer), 1);
      },
    };
    const { recorded, written } = await aUnit(undefined, { clock });
    const next = async (): Promise<number> => {
      const [timer] = timers.splice(0, 1);
      now = timer?.at ?? NaN;
      timer?.act();
      await new Promise(setImmediate);
      return now;
    };
    expect(recorded).toEqual([]);
    expect([await next(), recorded.length]).toEqual([60_000, 1]);
    expect([await next(), recorded.length]).toEqual([60_000 + 6 * 3_600_000, 2]);
    expect(recorded[1]?.positions.get(Topics.deliveries)?.offset).toBe(9n);
    expect(written).toEqual([]);
  });

  it('that is given up leaves its deliveries to the next owner, and gives up its ledger', async () => {
    const { host, delivered, written, isClosed, offer } = await aUnit();
    await offer(encoded({ organizationId: 'o' }));
    await host.giveUp();
    const [read] = delivered;
    expect(read?.record.batch.isStale()).toBe(true);
    read?.record.batch.ack(0n, [{ topic: Topics.deliveryResults, key: 'd', value: null }]);
    await host.flush();
    expect(written).toEqual([]);
    expect(isClosed()).toBe(true);
  });
});
