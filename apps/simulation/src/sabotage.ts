/**
 * Ways to break the system on purpose, each of which breaks one guarantee: a simulation that cannot find them would prove
 * nothing.
 */
export const SABOTAGES = [
  /** The commit says what is done before what comes of it is written. */
  'commit-first',
  /** What comes of a delivery is written apart from the commit that says it is done. */
  'results-apart',
  /** Commits do not carry what is done above the watermark. */
  'no-metadata',
  /** The events that were fanned out are not remembered. */
  'no-ledger',
  /** How far an event has come that is fanned out in parts is not remembered. */
  'parts-forgotten',
  /** An event that is fanned out in parts counts as fanned out after the first. */
  'first-part-only',
  /** The endpoints are not read up to their end before events are matched. */
  'no-catch-up',
  /** A waiting delivery is attempted as soon as it is read. */
  'retry-at-once',
  /** A delivery that failed once is given up. */
  'no-retry',
  /** Earlier rounds go on after a manual retry. */
  'no-superseding',
  /** The newest delivery is begun first. */
  'newest-first',
  /** One line for all endpoints. */
  'one-queue',
  /** An organisation may have any number of attempts under way at one host. */
  'no-host-cap',
  /** Partitions are never paused. */
  'no-pause',
  /** An older owner is not fenced. */
  'no-fencing',
  /** Every delivery to an endpoint that cannot be reached tries for itself. */
  'no-breaker',
  /** What was found of an endpoint counts for ever. */
  'no-probes',
  /** An answer does not close an open circuit. */
  'deaf-circuit',
  /** An endpoint that cannot be reached keeps its places. */
  'places-kept',
  /** A timeout says nothing about its endpoint. */
  'no-trouble',
  /** Later deliveries do not follow earlier ones of their endpoint into the slow lane. */
  'overtaking',
  /** Who is in the slow lane of a partition that another copy has now is never forgotten. */
  'held-for-ever',
  /** The slow lane waits for every endpoint that has no room. */
  'waits-for-all',
  /** Nobody is looked for behind who has no room in the slow lane. */
  'nobody-served',
  /** What leaves the main lane is not written to the slow one. */
  'slow-lane-forgets',
  /** A failure is reported as success. */
  'rosy-results',
] as const;
export type Sabotage = (typeof SABOTAGES)[number];
