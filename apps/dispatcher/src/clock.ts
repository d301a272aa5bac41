/** The time of the engines. The simulation has a virtual one. */
export interface Clock {
  /** ms since the epoch. */
  now(): number;
  /** A monotonic time, ms. */
  monotonic(): number;
  /** Calls `act` once, `ms` from now. @returns a function that cancels the call. */
  after(ms: number, act: () => void): () => void;
}

/** The system clock. */
export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (ms, act) => {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};
