import type { Delivery } from '@skillora/contracts';
import { reportFormOf, type ToldSlice } from '@skillora/dispatcher/simulation-exports';

import { type SliceReport, sliceReportOf } from './one-hop-parts.js';
import type { OneHopWorld } from './one-hop-world.js';

/** The error of brokers that will never take a record. */
class RefusedForGood extends Error {
  override readonly name = 'KafkaJSProtocolError';
  readonly type = 'MESSAGE_TOO_LARGE';
}

/** How often reports may be refused in one scenario: several times each event, and once more for each takeover. */
const MOST = 2_000;

/** A topic of reports that refuses some of them for good: a few in every form, others as long as they are whole. */
export class Refusals {
  private times = 0;
  /** The reports that were left out. */
  readonly leftOut: (SliceReport & { readonly toldAt: number })[] = [];

  /**
   * @param isOn false for a topic that takes everything.
   * @param broken is told once if it has refused too often. From then on it takes everything.
   */
  constructor(
    readonly isOn: boolean,
    private readonly now: () => number,
    private readonly broken: (violation: string) => void,
  ) {}

  /** @throws the error of the brokers if they refuse one of these. */
  check(reports: readonly SliceReport[]): void {
    if (!this.isOn || this.times > MOST || !reports.some((report) => refuses(report))) return;
    this.times += 1;
    if (this.times > MOST) this.broken(`reports were refused ${MOST} times`);
    throw new RefusedForGood();
  }

  /** Notes what is told without a report. */
  told(told: readonly ToldSlice[]): void {
    for (const each of told)
      if (reportFormOf(each.slice) === 'left-out')
        this.leftOut.push({ ...sliceReportOf(each), toldAt: this.now() });
  }
}

function refuses({ eventId, deliveries }: SliceReport): boolean {
  const digit = parseInt(eventId.at(-1) ?? '0', 16);
  return digit < 3 || (digit < 6 && deliveries.length > 1);
}

/**
 * Whether an event may have been matched once more, and then to an endpoint that had changed. While reports are refused,
 * events are told late, and an owner that dies before has told nobody.
 */
export function mayBeMatchedLater(
  { refusals, accepted, endpoints }: Pick<OneHopWorld, 'refusals' | 'accepted' | 'endpoints'>,
  of: Delivery,
): boolean {
  if (!refusals.isOn) return false;
  const at = accepted.find(({ event }) => event.id === of.eventId)?.at ?? 0;
  return endpoints.get(of.endpointId)?.some(({ answeredAt }) => (answeredAt ?? Infinity) >= at) ?? false;
}
