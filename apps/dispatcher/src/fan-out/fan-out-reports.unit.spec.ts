import { type CanonicalEvent, type Delivery, fanOutReportSchema, Topics } from '@skillora/contracts';
import type { OutgoingRecord } from '@skillora/kafka';

import { FanOutReports } from './fan-out-reports.js';

const madeAt = new Date('2024-01-15T14:30:01.000Z');
const event = (id: string, organizationId = 'a'): CanonicalEvent => ({
  id,
  organizationId,
  eventType: 'interview_completed',
  source: '/interviews',
  sourceId: id,
  occurredAt: '2024-01-15T14:30:00.000Z',
  acceptedAt: '2024-01-15T14:30:00.250Z',
  body: '{}',
});
const deliveries = (count: number): Delivery[] =>
  Array.from(
    { length: count },
    (_, index) => ({ deliveryId: `delivery ${index}`, endpointId: `endpoint ${index}` }) as Delivery,
  );
const made = (count: number, filtered: readonly string[] = []) => ({
  deliveries: deliveries(count),
  filtered,
});
const read = ({ value }: OutgoingRecord) => fanOutReportSchema.decode(value as Buffer);

describe('what the fan-out says of a transaction', () => {
  it('is one record for each organisation, with every event, also of those that went nowhere', () => {
    const reports = new FanOutReports(madeAt);
    reports.add(event('1'), made(2));
    reports.add(event('2', 'b'), made(1));
    reports.add(event('3'), made(0));

    const records = reports.records();

    expect(records.map(({ topic, key }) => [topic, key])).toEqual([
      [Topics.fanOuts, 'a'],
      [Topics.fanOuts, 'b'],
    ]);
    const acceptedAt = '2024-01-15T14:30:00.250Z';
    expect(read(records[0]!)).toEqual({
      organizationId: 'a',
      madeAt: '2024-01-15T14:30:01.000Z',
      events: [
        {
          id: '1',
          acceptedAt,
          part: 0,
          deliveryIds: ['delivery 0', 'delivery 1'],
          endpointIds: ['endpoint 0', 'endpoint 1'],
        },
        { id: '3', acceptedAt, part: 0, deliveryIds: [], endpointIds: [] },
      ],
    });
  });

  it('says of deliveries in place that they are, and of what type they are', () => {
    const reports = new FanOutReports(madeAt, true);
    reports.add(event('1'), made(1));
    reports.add(event('2'), made(0));

    const [report] = reports.records().map(read);

    expect(report).toMatchObject({ inPlace: true });
    expect(report?.events.map(({ eventType }) => eventType)).toEqual(['interview_completed', undefined]);
  });

  it('is nothing when there were no events', () => {
    expect(new FanOutReports(madeAt).records()).toEqual([]);
  });

  it.each([
    [1, 30_000],
    [500, 10],
    [3, 4_000],
    [2, 6_001],
  ])('stays within the size of a record and leaves nothing out (%d events to %d endpoints)', (events, to) => {
    const reports = new FanOutReports(madeAt);
    for (let index = 0; index < events; index += 1) reports.add(event(`event ${index}`), made(to));

    const told = reports.records().map(read);

    const ids = told.map((report) => report.events.reduce((sum, each) => sum + each.deliveryIds.length, 0));
    expect(Math.max(...ids)).toBeLessThanOrEqual(4_000);
    const all = told.flatMap((report) => report.events);
    expect(all.flatMap(({ id, deliveryIds }) => deliveryIds.map((each) => `${id} ${each}`)).sort()).toEqual(
      Array.from({ length: events }, (_, index) =>
        deliveries(to).map(({ deliveryId }) => `event ${index} ${deliveryId}`),
      )
        .flat()
        .sort(),
    );
    expect(new Set(all.map(({ id, part }) => `${id} ${part}`)).size).toBe(all.length);
  });

  it('names the endpoints whose filter left an event out, in as many parts as it takes', () => {
    const filtered = Array.from({ length: 9_000 }, (_, index) => `filtered ${index}`);
    const reports = new FanOutReports(madeAt);
    expect(reports.add(event('1'), made(1))).toBe(1);
    expect(reports.add(event('2'), made(6_001, filtered), 3)).toBe(7);

    const told = reports.records().map(read);

    const ids = told.map(({ events }) =>
      events.reduce(
        (sum, each) => sum + each.deliveryIds.length + (each.filteredEndpointIds?.length ?? 0),
        0,
      ),
    );
    expect(Math.max(...ids)).toBeLessThanOrEqual(4_000);
    const [first, ...parts] = told.flatMap(({ events }) => events);
    expect(first).not.toHaveProperty('filteredEndpointIds');
    expect(first).not.toHaveProperty('eventType');
    expect(parts.map(({ part }) => part)).toEqual([3, 4, 5, 6]);
    expect(parts.flatMap(({ deliveryIds }) => deliveryIds)).toHaveLength(6_001);
    expect(parts.flatMap(({ filteredEndpointIds = [] }) => filteredEndpointIds)).toEqual(filtered);
    for (const { filteredEndpointIds, eventType } of parts) {
      expect(eventType).toBe(filteredEndpointIds && 'interview_completed');
    }
  });
});
