import type { Attempt } from '@skillora/contracts';

/** Why no connection to an endpoint could be made, and when that was found. */
export interface ConnectFailure extends Pick<Attempt, 'errorDetail'> {
  readonly error: NonNullable<Attempt['error']>;
  /** ms since the epoch. */
  readonly foundAt: number;
}

/** Where an endpoint's circuit stands; plain data, changed only by the functions here. */
export type Circuit =
  | { readonly state: 'closed'; readonly failures: number }
  | {
      readonly state: 'open';
      readonly failure: ConnectFailure;
      /** When the next delivery may find out anew, ms since the epoch. */
      readonly probeAt: number;
      readonly intervalMs: number;
    };

/** What the next delivery does: it is attempted, or it shares what the newest attempt found. */
export type Passage =
  { readonly kind: 'attempt' } | { readonly kind: 'share'; readonly failure: ConnectFailure };

export const CLOSED: Circuit = { state: 'closed', failures: 0 };

/** So many attempts in a row that could not connect open the circuit. */
export const FAILURES_TO_OPEN = 5;
const FIRST_PROBE_MS = 1_000;
const LONGEST_PROBE_MS = 5_000;

/**
 * The longest time between two probes, ms: not longer than the shortest retry delay, so that no delivery's schedule ends
 * on findings older than its attempts.
 */
export function longestProbeMs(retryDelaysMs: readonly number[]): number {
  return Math.min(LONGEST_PROBE_MS, ...retryDelaysMs);
}

/**
 * Decides on a delivery whose turn is at `now`. While the circuit is open one delivery in a few seconds is the probe; the
 * next probe is due an interval later whether or not this one has ended, so a probe that hangs stops nothing. When none
 * came for a while after a probe was due, as between two steps of the schedule, what was found is too old to be shared:
 * deliveries are attempted again until one fails.
 */
export function passage(
  circuit: Circuit,
  now: number,
  longestMs: number,
): { circuit: Circuit; passage: Passage } {
  if (circuit.state === 'closed') return { circuit, passage: { kind: 'attempt' } };
  if (now < circuit.probeAt) return { circuit, passage: { kind: 'share', failure: circuit.failure } };
  if (now - circuit.probeAt > longestMs) {
    return { circuit: { state: 'closed', failures: FAILURES_TO_OPEN - 1 }, passage: { kind: 'attempt' } };
  }
  const intervalMs = Math.min(longestMs, circuit.intervalMs * 2);
  return { circuit: { ...circuit, intervalMs, probeAt: now + intervalMs }, passage: { kind: 'attempt' } };
}

/**
 * After an attempt that was really made. Whatever answers, even with an error, closes the circuit; only not being able to
 * connect opens it, for then nothing of the request was sent.
 */
export function afterAttempt(circuit: Circuit, failure: ConnectFailure | null, longestMs: number): Circuit {
  if (!failure) return CLOSED;
  if (circuit.state === 'open') {
    return failure.foundAt < circuit.failure.foundAt ? circuit : { ...circuit, failure };
  }
  const failures = circuit.failures + 1;
  if (failures < FAILURES_TO_OPEN) return { state: 'closed', failures };
  return {
    state: 'open',
    failure,
    intervalMs: Math.min(FIRST_PROBE_MS, longestMs),
    probeAt: failure.foundAt + Math.min(FIRST_PROBE_MS, longestMs),
  };
}
