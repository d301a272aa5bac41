import type { Arrival } from '@skillora/load';

import { LatencyHistogram } from './latency-histogram.js';
import { readMark } from './mark.js';
import { NumberSet } from './number-set.js';

/** How the receivers of a group behave. */
export type GroupName = 'healthy' | 'slow' | 'failing';

/** How many receivers of each group there are; they are numbered in this order. */
export type Groups = Readonly<Record<GroupName, number>>;

export const GROUP_NAMES: readonly GroupName[] = ['healthy', 'slow', 'failing'];

/** What the receivers of a group have got so far. Durations in ms, from publishing to the first arrival. */
export interface GroupFigures {
  readonly group: GroupName;
  readonly endpoints: number;
  /** Accepted events times endpoints. */
  readonly expected: number;
  readonly arrived: number;
  /**
   * Requests of a delivery after its first: retries to slow and failing receivers, repeats to healthy ones.
   */
  readonly repeated: number;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly longest: number;
}

export interface Figures {
  readonly published: number;
  readonly accepted: number;
  /** Events that were not accepted, by status; `none` without an answer. */
  readonly refused: Readonly<Record<string, number>>;
  readonly groups: readonly GroupFigures[];
}

interface Group {
  readonly name: GroupName;
  readonly seen: NumberSet[];
  readonly latency: LatencyHistogram;
  arrived: number;
  repeated: number;
}

/** Counts published events and their arrivals, with one bit for each delivery. */
export class Tally {
  private readonly groups: readonly Group[];
  private readonly byReceiver: { group: Group; seen: NumberSet }[];
  private readonly refused: Record<string, number> = {};
  private published = 0;
  private accepted = 0;

  constructor(
    private readonly run: string,
    groups: Groups,
  ) {
    this.groups = GROUP_NAMES.map((name) => ({
      name,
      seen: Array.from({ length: groups[name] }, () => new NumberSet()),
      latency: new LatencyHistogram(),
      arrived: 0,
      repeated: 0,
    }));
    this.byReceiver = this.groups.flatMap((group) => group.seen.map((seen) => ({ group, seen })));
  }

  publishes(events: number): void {
    this.published += events;
  }

  accepts(events: number): void {
    this.accepted += events;
  }

  refuses(status: number | null, events: number): void {
    const key = String(status ?? 'none');
    this.refused[key] = (this.refused[key] ?? 0) + events;
  }

  /** Requests of another run are ignored. */
  arrives({ receiver, mark, at }: Pick<Arrival, 'receiver' | 'mark' | 'at'>): void {
    const known = readMark(this.run, mark);
    const place = this.byReceiver[receiver];
    if (!known || !place) return;
    const { group, seen } = place;
    if (!seen.add(known.number)) {
      group.repeated += 1;
      return;
    }
    group.arrived += 1;
    group.latency.add(at - known.publishedAt);
  }

  figures(): Figures {
    return {
      published: this.published,
      accepted: this.accepted,
      refused: { ...this.refused },
      groups: this.groups
        .filter(({ seen }) => seen.length > 0)
        .map(({ name, seen, latency, arrived, repeated }) => ({
          group: name,
          endpoints: seen.length,
          expected: this.accepted * seen.length,
          arrived,
          repeated,
          p50: latency.percentile(0.5),
          p99: latency.percentile(0.99),
          longest: latency.longest,
        })),
    };
  }
}

/** True once every accepted event has arrived everywhere. */
export function isComplete({ groups }: Figures): boolean {
  return groups.every(({ arrived, expected }) => arrived >= expected);
}

/** How many deliveries to healthy endpoints are missing. */
export function missing({ groups }: Figures): number {
  const healthy = groups.find(({ group }) => group === 'healthy');
  return healthy ? Math.max(0, healthy.expected - healthy.arrived) : 0;
}
