/** A token that was got, and what is known of it. Times are ms of a clock that only goes forward. */
export interface HeldToken {
  readonly accessToken: string;
  /** When it was asked for: it lives from then on at the earliest. */
  readonly askedAt: number;
  readonly lifeMs: number;
  /** Whether it was asked for because the receiver refused the one before with 401. */
  readonly replacesRefused: boolean;
  /** Whether the receiver has answered anything but 401 to it. */
  readonly wasAccepted: boolean;
}

/** A request for a token that failed. */
export interface TokenFailure {
  /** What went wrong, for the customer. */
  readonly problem: string;
  readonly at: number;
}

/** What is known of the token of an endpoint. */
export interface TokenState {
  readonly token: HeldToken | null;
  readonly failure: TokenFailure | null;
}

/** What an attempt does: `renew` uses the present token, and another one is asked for beside it. */
export type TokenDecision = 'use' | 'renew' | 'ask' | 'fail';

/** How long a token is used whose life nobody says (RFC 6749, 5.1: `expires_in` is recommended). */
const UNKNOWN_LIFE_MS = 5 * 60_000;
/** A token is used no longer than this, whatever its server says. */
const LONGEST_LIFE_MS = 24 * 60 * 60_000;
/** The last part of its life in which a token is renewed, and how long before its end at most. */
const RENEWED_PART = 0.2;
const RENEWED_BEFORE_MS = 5 * 60_000;
/** A token is not used in the last part of its life, so that it does not end on its way. */
const UNUSED_PART = 0.1;
const UNUSED_MS = 10_000;
/** How long attempts share a failure, so that a backlog does not ask for a token each. */
export const FAILURE_SHARED_MS = 5_000;
/** How long a renewed token which is refused too is left in its place. */
const NOT_AGAIN_MS = 60_000;

/**
 * The life of a token, ms.
 * @param expiresIn seconds, as the token's server says. Some servers write a text of digits. A value that is missing, or
 * makes no sense, counts as 5 minutes.
 */
export function tokenLifeMs(expiresIn: unknown): number {
  const seconds =
    typeof expiresIn === 'string' && /^\d{1,15}$/.test(expiresIn) ? Number(expiresIn) : expiresIn;
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds <= 0) return UNKNOWN_LIFE_MS;
  return Math.min(seconds * 1_000, LONGEST_LIFE_MS);
}

/** What an attempt does that begins at `now`. @param asksAnyway whether somebody asked for this attempt. */
export function decideToken({ token, failure }: TokenState, now: number, asksAnyway: boolean): TokenDecision {
  const failedJustNow = failure !== null && now - failure.at < FAILURE_SHARED_MS && !asksAnyway;
  if (token) {
    const left = token.askedAt + token.lifeMs - now;
    if (left > Math.min(UNUSED_MS, token.lifeMs * UNUSED_PART)) {
      const isOld = left <= Math.min(RENEWED_BEFORE_MS, token.lifeMs * RENEWED_PART);
      return isOld && !failedJustNow ? 'renew' : 'use';
    }
  }
  return failedJustNow ? 'fail' : 'ask';
}

/**
 * Whether a token which the receiver has just refused with 401 is replaced. A receiver that refuses every token gets one
 * new token a minute at most, and not one for each delivery.
 */
export function isReplacedAfterRefusal(token: HeldToken, now: number): boolean {
  return token.wasAccepted || !token.replacesRefused || now - token.askedAt >= NOT_AGAIN_MS;
}
