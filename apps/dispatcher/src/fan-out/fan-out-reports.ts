import {
  type CanonicalEvent,
  type Delivery,
  type FannedOutEvent,
  fanOutReportSchema,
  recordHeaders,
  Topics,
} from '@skillora/contracts';
import type { OutgoingRecord } from '@skillora/kafka';

/** The maximum number of deliveries in one record, and of events: half a megabyte of ids. */
const IDS_PER_RECORD = 4_000;

/** What a report says of an event. */
export interface ReportedOfEvent {
  readonly deliveries: readonly Pick<Delivery, 'deliveryId' | 'endpointId'>[];
  /** The ids of the endpoints whose filter leaves the event out. */
  readonly filtered: readonly string[];
}

/**
 * Collects the report of one transaction: the deliveries that it creates for its events. The report is
 * written in the same transaction.
 */
export class FanOutReports {
  private readonly byOrganization = new Map<string, FannedOutEvent[]>();

  /**
   * @param madeAt the creation time of all deliveries.
   * @param inPlace whether they are made from the records of their events.
   * @param idsPerRecord the maximum number of deliveries in one record, and of events.
   */
  constructor(
    private readonly madeAt: Date,
    private readonly inPlace = false,
    private readonly idsPerRecord = IDS_PER_RECORD,
  ) {}

  /**
   * Adds an event, its deliveries, and the endpoints whose filter left it out; a repeated event has none of both.
   * @param firstPart the number of the first part; earlier parts were written by earlier transactions.
   * @returns how many parts of the event there are now.
   */
  add(
    { organizationId, id, acceptedAt, eventType }: CanonicalEvent,
    { deliveries, filtered }: ReportedOfEvent,
    firstPart = 0,
  ): number {
    let events = this.byOrganization.get(organizationId);
    if (!events) this.byOrganization.set(organizationId, (events = []));
    let part = 0;
    let [reported, reportedFiltered] = [0, 0];
    do {
      const some = deliveries.slice(reported, reported + this.idsPerRecord);
      reported += some.length;
      const out = filtered.slice(reportedFiltered, reportedFiltered + this.idsPerRecord - some.length);
      reportedFiltered += out.length;
      events.push({
        id,
        acceptedAt,
        part: firstPart + part,
        deliveryIds: some.map(({ deliveryId }) => deliveryId),
        endpointIds: some.map(({ endpointId }) => endpointId),
        ...(out.length > 0 || (this.inPlace && some.length > 0) ? { eventType } : {}),
        ...(out.length > 0 ? { filteredEndpointIds: out } : {}),
      });
      part += 1;
    } while (reported < deliveries.length || reportedFiltered < filtered.length);
    return firstPart + part;
  }

  /** One record for each organisation, or several if one would be too large. */
  records(): OutgoingRecord[] {
    const madeAt = this.madeAt.toISOString();
    const place = this.inPlace ? { inPlace: true as const } : {};
    return [...this.byOrganization].flatMap(([organizationId, all]) =>
      inRecords(all, this.idsPerRecord).map((events) => ({
        topic: Topics.fanOuts,
        key: organizationId,
        value: fanOutReportSchema.encode({ organizationId, madeAt, ...place, events }),
        headers: recordHeaders(fanOutReportSchema),
      })),
    );
  }
}

function inRecords(events: readonly FannedOutEvent[], idsPerRecord: number): FannedOutEvent[][] {
  const records: FannedOutEvent[][] = [];
  let room = 0;
  for (const event of events) {
    const ids = 1 + event.deliveryIds.length + (event.filteredEndpointIds?.length ?? 0);
    if (ids > room || records.length === 0) {
      records.push([]);
      room = idsPerRecord;
    }
    records.at(-1)?.push(event);
    room -= ids;
  }
  return records;
}
