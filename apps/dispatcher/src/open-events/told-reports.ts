import { type CanonicalEvent, deliveryId } from '@skillora/contracts';
import type { OutgoingRecord } from '@skillora/kafka';

import { FanOutReports } from '../fan-out/fan-out-reports.js';
import { reportFormOf } from './open-event.js';
import type { ToldSlice } from './unit-transaction.js';

/** A slice with very many filtered endpoints takes several parts of a report. More than this many there cannot be. */
const PARTS_OF_SLICE = 1_000;

/** The maximum number of deliveries in one record of a report that is divided: some 8 kB. */
const IDS_OF_DIVIDED = 100;

/** The reports of what a transaction tells: one for each moment of matching, since all its deliveries were made then. */
export function reportsOf(told: readonly ToldSlice[]): OutgoingRecord[] {
  const byForm = Map.groupBy(told, ({ slice }) => reportFormOf(slice));
  return [...recordsOf(byForm.get('whole') ?? []), ...recordsOf(byForm.get('divided') ?? [], IDS_OF_DIVIDED)];
}

function recordsOf(told: readonly ToldSlice[], idsPerRecord?: number): OutgoingRecord[] {
  return [...Map.groupBy(told, ({ slice }) => slice.madeAt)].flatMap(([madeAt, slices]) => {
    const reports = new FanOutReports(new Date(madeAt), true, idsPerRecord);
    for (const { event, slice } of slices) {
      const deliveries = slice.endpointIds.map((endpointId) => ({
        endpointId,
        deliveryId: deliveryId(event.event.id, endpointId),
      }));
      reports.add(event.event, { deliveries, filtered: slice.filteredIds }, slice.number * PARTS_OF_SLICE);
    }
    return reports.records();
  });
}

/** The report of an event that repeats another one, and gets no deliveries. */
export function reportOfRepeat(event: CanonicalEvent, now: number): OutgoingRecord[] {
  const reports = new FanOutReports(new Date(now));
  reports.add(event, { deliveries: [], filtered: [] });
  return reports.records();
}
