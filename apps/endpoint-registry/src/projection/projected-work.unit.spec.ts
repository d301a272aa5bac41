import {
  EVENT_TYPES,
  type EventType,
  type FannedOutEvent,
  fanOutReportSchema,
  Topics,
} from '@skillora/contracts';

import { type BatchPart, partsOf } from './projected-work.js';
import { idOf, LogBuilder } from './testing/log-builder.js';

/** Reports of the fan-out, one for each number: so many endpoints of its event were filtered. */
function reports(...filtered: number[]) {
  const log = new LogBuilder();
  for (const [index, count] of filtered.entries()) {
    const ids = Array.from({ length: count }, (_, endpoint) => idOf(`endpoint ${endpoint}`));
    log.fanOut({ ...log.event(`event ${index}`), organizationId: idOf('organization') }, [], ids);
  }
  const found = log.build().find(({ topic }) => topic === Topics.fanOuts);
  if (!found) throw new Error('no reports');
  return found;
}
const lengths = (parts: Iterable<BatchPart>): number[] => [...parts].map(({ part }) => part.records.length);

describe('the parts of a batch', () => {
  it('have so many records at most, where each record is about one row', () => {
    const log = new LogBuilder();
    for (let index = 0; index < 10; index += 1) log.delivery(log.event(`${index}`), idOf('endpoint'));
    const batch = log.build().find(({ topic }) => topic === Topics.deliveries)!;
    expect(lengths(partsOf(batch, 4))).toEqual([4, 4, 2]);
    expect(lengths(partsOf(reports(0, 0, 0, 0, 0), 2))).toEqual([2, 2, 1]);
    expect(lengths(partsOf({ ...batch, records: [] }, 4))).toEqual([]);
  });

  it('have fewer records where a filter left many endpoints out, and leave none out themselves', () => {
    const batch = reports(100, 100, 3_000, 0, 0, 100);
    const parts = [...partsOf(batch, 500)];
    expect(lengths(parts)).toEqual([2, 1, 3]);
    expect(parts.flatMap(({ part }) => part.records)).toEqual(batch.records);
    expect(parts[1]!.rows).toBeGreaterThanOrEqual(3_000);
    expect(parts[1]!.rows).toBeLessThan(3_050);
  });

  it('have fewer records where deliveries are in place, since their reports make the rows', () => {
    const ids = Array.from({ length: 300 }, (_, index) => idOf(`${index}`));
    const event: FannedOutEvent = {
      id: idOf('event'),
      acceptedAt: '2026-01-02T03:04:05.000Z',
      part: 0,
      deliveryIds: ids,
      endpointIds: ids,
      eventType: 'interview_completed',
    };
    const report = { organizationId: idOf('organization'), madeAt: event.acceptedAt, events: [event] };
    const batch = (place: { inPlace?: true }) => {
      const log = new LogBuilder();
      for (let index = 0; index < 4; index += 1)
        log.append(Topics.fanOuts, '', fanOutReportSchema.encode({ ...report, ...place }));
      return log.build()[0]!;
    };
    const parts = [...partsOf(batch({ inPlace: true }), 700)];
    expect(lengths(parts)).toEqual([2, 2]);
    expect(parts[0]!.rows).toBeGreaterThanOrEqual(600);
    expect(lengths(partsOf(batch({}), 700))).toEqual([4]);
  });

  it.each([1, 2, 100])(
    'count an event with %d deliveries as that many rows and one, and at most one too many in a report',
    (count) => {
      const log = new LogBuilder();
      const ids = Array.from({ length: count }, (_, index) => idOf(`${index}`));
      const at = '2026-01-02T03:04:05.000Z';
      const event = (eventType: EventType): FannedOutEvent => ({
        id: idOf('event'),
        acceptedAt: at,
        part: 0,
        deliveryIds: ids,
        endpointIds: ids,
        eventType,
      });
      for (const type of EVENT_TYPES) {
        for (const events of [[event(type)], [event(type), event(type), event(type)]]) {
          const report = { organizationId: idOf('organization'), madeAt: at, events, inPlace: true as const };
          log.append(Topics.fanOuts, '', fanOutReportSchema.encode(report));
        }
      }
      const [batch] = log.build();
      const rows = [...partsOf(batch!, 1)].map((part) => part.rows);
      const tooMany = rows.map((some, index) => some - (index % 2 === 0 ? 1 : 3) * (1 + count));
      expect(rows.length).toBe(2 * EVENT_TYPES.length);
      expect([Math.min(...tooMany), Math.max(...tooMany)]).toEqual([0, 1]);
    },
  );
});
