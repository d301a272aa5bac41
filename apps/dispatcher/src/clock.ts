/** Time as the engines see it, so that a simulation can let it pass. */
export interface Clock {
  /** ms since the epoch. */
  now(): number;
  /** ms, never going back. */
  monotonic(): number;
  /** Calls `act` once, `ms` from now. @returns a function that takes this back. */
  after(ms: number, act: () => void): () => void;
}

/** The clock of the system. What waits for it does not keep the process running. */
export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (ms, act) => {
    const timer = setTimeout(act, ms).unref();
    return () => clearTimeout(timer);
  },
};
