import { type UseLimit, waitForUse } from '../limits/use-limit.js';

/** The limit of test sends to one endpoint. */
export const TEST_SENDS: UseLimit = { uses: 10, withinMs: 60_000 };
/** How many test sends of an organisation may be in progress. */
export const TESTS_UNDER_WAY = 5;

/** The facts that decide whether a test is sent. Times are ms since the epoch. */
export interface TestSendCandidate {
  readonly now: number;
  /** When tests were recently sent to the endpoint, newest first. */
  readonly sentAt: readonly number[];
  /** Until when the test in progress to this endpoint can last; null when there is none. */
  readonly busyUntil: number | null;
  /** The same for the tests to the organisation's other endpoints. */
  readonly othersBusyUntil: readonly number[];
}

/** Why something is refused for now, in one sentence, and after how many ms it is allowed for certain. */
export interface RefusedForNow {
  readonly detail: string;
  readonly waitMs: number;
}

/** Why no test is sent to an endpoint now; null when it is sent. */
export function testSendProblem({
  now,
  sentAt,
  busyUntil,
  othersBusyUntil,
}: TestSendCandidate): RefusedForNow | null {
  const wait = waitForUse(sentAt, TEST_SENDS, now);
  if (busyUntil !== null) {
    return {
      detail: 'A test webhook to this endpoint is under way.',
      waitMs: Math.max(wait, busyUntil - now),
    };
  }
  if (wait > 0) {
    return { detail: `An endpoint gets at most ${TEST_SENDS.uses} test webhooks a minute.`, waitMs: wait };
  }
  if (othersBusyUntil.length >= TESTS_UNDER_WAY) {
    return {
      detail: `At most ${TESTS_UNDER_WAY} test webhooks of an organisation are under way at once.`,
      waitMs: Math.min(...othersBusyUntil) - now,
    };
  }
  return null;
}
