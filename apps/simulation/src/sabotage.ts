/** Deliberate faults. Each breaks one guarantee: a simulation that cannot find them would prove nothing. */
export const SABOTAGES = [
  /** The commit of a record comes before its outcome is written. */
  'commit-first',
  /** The outcome of a delivery is not written in the transaction of its commit. */
  'results-apart',
  /** Commits do not carry the processed offsets above the watermark. */
  'no-metadata',
  /** Fanned-out events are not remembered. */
  'no-ledger',
  /** The progress of an event that is fanned out in parts is not remembered. */
  'parts-forgotten',
  /** An event that is fanned out in parts counts as finished after the first part. */
  'first-part-only',
  /** The endpoints are not read to their end before events are matched. */
  'no-catch-up',
  /** A waiting delivery is attempted as soon as it is read. */
  'retry-at-once',
  /** A delivery is given up after one failure. */
  'no-retry',
  /** Earlier rounds continue after a manual retry. */
  'no-superseding',
  /** The newest delivery is begun first. */
  'newest-first',
  /** One queue for all endpoints. */
  'one-queue',
  /** An organisation may have any number of attempts at one host. */
  'no-host-cap',
  /** Partitions are never paused. */
  'no-pause',
  /** An older owner is not fenced. */
  'no-fencing',
  /** Every delivery to an endpoint that cannot be reached tries to connect. */
  'no-breaker',
  /** A known failure of an endpoint counts for ever. */
  'no-probes',
  /** An answer does not close an open circuit. */
  'deaf-circuit',
  /** An endpoint that cannot be reached keeps its concurrency slots. */
  'places-kept',
  /** A timeout does not change the endpoint's pace. */
  'no-trouble',
  /** Later deliveries do not follow earlier ones of their endpoint into the slow lane. */
  'overtaking',
  /** Endpoints in the slow lane of a partition that another instance owns now are never forgotten. */
  'held-for-ever',
  /** The slow lane waits for every endpoint that has no room. */
  'waits-for-all',
  /** Deliveries behind those of an endpoint without room are not looked for in the slow lane. */
  'nobody-served',
  /** Deliveries that leave the main lane are not written to the slow one. */
  'slow-lane-forgets',
  /** A failure is reported as success. */
  'rosy-results',
] as const;
export type Sabotage = (typeof SABOTAGES)[number];
