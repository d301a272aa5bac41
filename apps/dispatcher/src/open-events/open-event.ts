import type { CanonicalEvent } from '@skillora/contracts';
import type { Refusable } from '@skillora/kafka';

/** How a slice is reported: in records of many ids, in records of few, or not at all. */
export type ReportForm = 'whole' | 'divided' | 'left-out';

/** Endpoints of an event that were matched at one moment. An event with few endpoints has one slice. */
export interface Slice {
  /** From 0. */
  readonly number: number;
  /** When it was matched, ms since the epoch: the creation time of its deliveries. */
  readonly madeAt: number;
  readonly endpointIds: readonly string[];
  /** The endpoints whose filter leaves the event out. */
  readonly filteredIds: readonly string[];
  readonly isLast: boolean;
  /** How it is reported since Kafka has refused its report for good. */
  readonly report?: Refusable<ReportForm>;
}

const WHOLE: Refusable<ReportForm> = {
  records: ['whole'],
  refusals: 0,
  instead: () => ['divided', 'left-out'],
};

/** How a slice is reported. */
export function reportFormOf({ report = WHOLE }: Slice): ReportForm {
  return report.records[0] ?? 'left-out';
}

/** How far an event was matched. */
export interface Matched {
  /** How many slices there are. */
  readonly slices: number;
  /** All endpoints with an id up to this one are in a slice; null for a slice without endpoints. */
  readonly lastEndpointId: string | null;
  readonly isWhole: boolean;
}

const NOT_MATCHED: Matched = { slices: 0, lastEndpointId: null, isWhole: false };

/**
 * An event whose deliveries have not all ended. It changes only when a transaction is committed that says so, and when
 * a slice is matched.
 */
export class OpenEvent {
  /** The endpoints whose deliveries have not ended. */
  readonly left = new Set<string>();
  /** Matched, and not told by any transaction, in order. */
  readonly untold: Slice[] = [];

  /**
   * @param entry what the dedupe window remembers of it.
   * @param digest a digest of its data.
   * @param matched how far it was matched, if a former owner of its partition has told it.
   */
  constructor(
    readonly offset: bigint,
    readonly event: CanonicalEvent,
    readonly entry: string,
    readonly digest: number,
    private matchedTo: Matched = NOT_MATCHED,
    toldLeft: Iterable<string> = [],
  ) {
    for (const endpointId of toldLeft) this.left.add(endpointId);
  }

  get matched(): Matched {
    return this.matchedTo;
  }

  /** Adds a slice: its deliveries are open. */
  add(slice: Slice): void {
    for (const endpointId of slice.endpointIds) this.left.add(endpointId);
    this.untold.push(slice);
    const lastEndpointId = slice.endpointIds.at(-1) ?? this.matchedTo.lastEndpointId;
    this.matchedTo = { slices: slice.number + 1, lastEndpointId, isWhole: slice.isLast };
  }

  /** How often Kafka has refused for good what is told next, while that was tried alone. */
  get refusals(): number {
    return this.untold[0]?.report?.refusals ?? 0;
  }

  /** Kafka has refused the report of what is told next. @param next how it is reported then. */
  reportRefused(next: (report: Refusable<ReportForm>) => Refusable<ReportForm>): void {
    const [first] = this.untold;
    if (first) this.untold[0] = { ...first, report: next(first.report ?? WHOLE) };
  }

  /** The first `slices` slices that were untold are told. */
  told(slices: number): void {
    this.untold.splice(0, slices);
  }

  ended(endpointId: string): void {
    this.left.delete(endpointId);
  }

  /**
   * Whether nothing of the event is left. Its close comes with its last end; but what a unit took over may have been made
   * by a fan-out, and ends elsewhere.
   */
  get isOver(): boolean {
    return this.matchedTo.isWhole && this.left.size === 0;
  }

  /** Whether nothing of the event is left once these have ended and all its slices are told. */
  isOverAfter(ended: ReadonlySet<string>): boolean {
    if (!this.matchedTo.isWhole) return false;
    for (const endpointId of this.left) if (!ended.has(endpointId)) return false;
    return true;
  }
}
