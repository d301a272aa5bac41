import type { Attempt } from '@skillora/contracts';

/** The error that kept a connection to an endpoint from opening, and when it happened. */
export interface ConnectFailure extends Pick<Attempt, 'errorDetail'> {
  readonly error: NonNullable<Attempt['error']>;
  /** ms since the epoch. */
  readonly foundAt: number;
}

/** The state of an endpoint's circuit: plain data, changed only by the functions here. */
export type Circuit =
  | { readonly state: 'closed'; readonly failures: number }
  | {
      readonly state: 'open';
      readonly failure: ConnectFailure;
      /** When the next delivery may try to connect again, ms since the epoch. */
      readonly probeAt: number;
      readonly intervalMs: number;
    };

/** What happens to the next delivery: it is attempted, or it takes over the failure of the newest attempt. */
export type Admission =
  { readonly kind: 'attempt' } | { readonly kind: 'share'; readonly failure: ConnectFailure };

export const CLOSED: Circuit = { state: 'closed', failures: 0 };

/** This many attempts in a row that could not connect open the circuit. */
export const FAILURES_TO_OPEN = 5;
const FIRST_PROBE_MS = 1_000;
const LONGEST_PROBE_MS = 5_000;

/**
 * The longest time between two probes, ms. It is at most the shortest retry delay, so that one
 * shared failure never uses up the whole schedule of a delivery.
 */
export function longestProbeMs(retryDelaysMs: readonly number[]): number {
  return Math.min(LONGEST_PROBE_MS, ...retryDelaysMs);
}

/**
 * Decides what happens to a delivery that is due at `now`. While the circuit is open, one delivery every few
 * seconds is attempted as a probe. The next probe is due an interval later even if this one has not ended, so
 * a probe that hangs blocks nothing. If no delivery came for a while after a probe was due (for example
 * between two steps of the schedule), the known failure is too old to take over. Deliveries are then
 * attempted again until one fails.
 */
export function admit(
  circuit: Circuit,
  now: number,
  longestMs: number,
): { circuit: Circuit; admission: Admission } {
  if (circuit.state === 'closed') return { circuit, admission: { kind: 'attempt' } };
  if (now < circuit.probeAt) return { circuit, admission: { kind: 'share', failure: circuit.failure } };
  if (now - circuit.probeAt > longestMs) {
    return { circuit: { state: 'closed', failures: FAILURES_TO_OPEN - 1 }, admission: { kind: 'attempt' } };
  }
  const intervalMs = Math.min(longestMs, circuit.intervalMs * 2);
  return { circuit: { ...circuit, intervalMs, probeAt: now + intervalMs }, admission: { kind: 'attempt' } };
}

/**
 * Updates the circuit after a real attempt. Any answer, even an error, closes the circuit. Only a failure to
 * connect opens it, because then nothing of the request was sent.
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
