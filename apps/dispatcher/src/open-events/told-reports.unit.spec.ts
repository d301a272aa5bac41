import { randomUUID } from 'node:crypto';

import { deliveryId, fanOutReportSchema } from '@skillora/contracts';
import { afterRefusal } from '@skillora/kafka';

import { anyEvent } from '../testing/any-event.js';
import { OpenEvent, type Slice } from './open-event.js';
import { reportsOf } from './told-reports.js';

const slice = (number: number, madeAt: number, endpointIds: string[], filteredIds: string[] = []): Slice => ({
  number,
  madeAt,
  endpointIds,
  filteredIds,
  isLast: true,
});
const opened = () => new OpenEvent(1n, anyEvent({ organizationId: 'o' }), 'entry', 7);

describe('the reports of a transaction', () => {
  it('are one for each moment of matching, with the ids of the deliveries', () => {
    const [one, other] = [opened(), opened()];
    const [a, b, c] = [randomUUID(), randomUUID(), randomUUID()];
    const told = [
      { event: one, slice: slice(0, 1_000, [a], [c]) },
      { event: other, slice: slice(0, 1_000, [b]) },
      { event: one, slice: slice(1, 2_000, [b]) },
    ];
    const reports = reportsOf(told).map(({ value }) => fanOutReportSchema.decode(value!));
    // The audit has nothing else that makes the rows of these deliveries.
    expect(
      reports.map(({ madeAt, inPlace, events }) => [Date.parse(madeAt), inPlace, events.length]),
    ).toEqual([
      [1_000, true, 2],
      [2_000, true, 1],
    ]);
    expect(reports[0]?.events[0]).toMatchObject({
      id: one.event.id,
      part: 0,
      deliveryIds: [deliveryId(one.event.id, a)],
      endpointIds: [a],
      filteredEndpointIds: [c],
    });
    // Parts of one event differ, also when one slice needs several.
    expect(reports[1]?.events[0]).toMatchObject({ id: one.event.id, part: 1_000, endpointIds: [b] });
  });

  it('are in records of few ids once Kafka has refused them whole, and none once it refused these too', () => {
    const endpointIds = Array.from({ length: 250 }, () => randomUUID());
    const event = opened();
    event.add(slice(0, 1_000, endpointIds));
    const refuse = (): void =>
      event.reportRefused((report) => ({ ...report, ...afterRefusal(report, 'too large') }));
    const records = () => reportsOf(event.untold.map((each) => ({ event, slice: each })));
    for (let times = 1; times < 5; times += 1) refuse();
    expect(records()).toHaveLength(1);
    refuse();
    const divided = records().map(({ value }) => fanOutReportSchema.decode(value!));
    expect(divided.length).toBeGreaterThan(2);
    for (const { events } of divided)
      expect(events.reduce((sum, each) => sum + each.endpointIds.length, 0)).toBeLessThanOrEqual(100);
    expect(divided.flatMap(({ events }) => events.flatMap((each) => each.endpointIds))).toEqual(endpointIds);
    const parts = divided.flatMap(({ events }) => events.map(({ part }) => part));
    expect(new Set(parts).size).toBe(parts.length);
    refuse();
    expect(records()).toEqual([]);
  });
});
