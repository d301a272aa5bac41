import { setting, wholeNumber } from '@skillora/operability';
import { Counter } from 'prom-client';

import { clientNetwork } from './client-network.js';
import { throttled } from './problems.js';
import { type Rate, RateLimiter } from './rate-limiter.js';

const MAX_PER_SECOND = 1_000_000;

/**
 * The settings of a limit for each token: `variable` a second, `variable`_BURST in a burst. 0 a second means
 * no limit.
 */
export function tokenLimitSettings(variable: string, { perSecond, burst }: Rate) {
  return {
    tokenLimitPerSecond: setting(variable, wholeNumber(0, MAX_PER_SECOND), String(perSecond)),
    tokenLimitBurst: setting(`${variable}_BURST`, wholeNumber(1, MAX_PER_SECOND), String(burst)),
    /** Unknown tokens a second from one address, or /64 of IPv6; 0 means no limit. */
    unknownTokenLimit: setting('UNKNOWN_TOKEN_LIMIT', wholeNumber(0, MAX_PER_SECOND), '50'),
  };
}

export interface RequestLimitSettings {
  readonly tokenLimitPerSecond: number;
  readonly tokenLimitBurst: number;
  readonly unknownTokenLimit: number;
}

/**
 * How many seconds' worth of unknown tokens an address may send in a burst: a client may not know yet that
 * its token was revoked.
 */
const UNKNOWN_BURST_SECONDS = 20;
/** How many addresses are remembered; an attacker with more addresses is not stopped by this limit. */
const MAX_ADDRESSES = 10_000;

/** What a request was counted against before its token was looked up. */
export type Counted = 'token' | 'address';

/**
 * Limits the requests of each token, so that one customer's runaway client does not slow others down. Also
 * limits how many unknown tokens are looked up for one address, so that a flood of them costs little.
 * Requests are counted before the lookup, which may cost a query. An address can be a proxy in front of all
 * clients, so tokens that were valid before are always looked up. Each instance of a service counts for
 * itself.
 */
export class RequestLimits {
  /** Hashes of tokens that were valid at their last lookup: no more than there are tokens. */
  private readonly good = new Set<string>();
  private readonly byToken: RateLimiter | null;
  private readonly byAddress: RateLimiter | null;
  private readonly refused = new Counter({
    name: 'webhook_http_requests_throttled_total',
    help: 'Requests answered with 429, by limit: requests of one token, or unknown tokens from one address',
    labelNames: ['limit'],
  });

  constructor({ tokenLimitPerSecond, tokenLimitBurst, unknownTokenLimit }: RequestLimitSettings) {
    this.byToken =
      tokenLimitPerSecond === 0
        ? null
        : new RateLimiter({ perSecond: tokenLimitPerSecond, burst: tokenLimitBurst });
    this.byAddress =
      unknownTokenLimit === 0
        ? null
        : new RateLimiter(
            { perSecond: unknownTokenLimit, burst: unknownTokenLimit * UNKNOWN_BURST_SECONDS },
            MAX_ADDRESSES,
          );
  }

  /**
   * Counts a request before its token is looked up: against the token if it was valid before, else against
   * its address, as if the token were unknown. Call {@link known} or {@link unknown} afterwards.
   * @throws {RefusalException} 429 when the limit is exceeded; the request is not counted then.
   */
  beforeLookup(hash: string, address: string): Counted {
    if (this.good.has(hash)) {
      this.countRequest(hash);
      return 'token';
    }
    const client = clientNetwork(address);
    const wait = this.byAddress?.waitFor(client, Date.now()) ?? 0;
    if (wait > 0) {
      this.refused.inc({ limit: 'address' });
      throw throttled('Too many unknown tokens from this address.', wait);
    }
    this.byAddress?.take(client, Date.now());
    return 'address';
  }

  /**
   * The token is valid: its request counts against the token and not against the address.
   * @throws {RefusalException} 429 when the limit is exceeded; the request is not counted then.
   */
  known(hash: string, address: string, counted: Counted): void {
    this.good.add(hash);
    if (counted === 'token') return;
    this.byAddress?.giveBack(clientNetwork(address));
    this.countRequest(hash);
  }

  /** The token is unknown or no longer valid: its request counts against its address. */
  unknown(hash: string, address: string, counted: Counted): void {
    this.good.delete(hash);
    if (counted === 'token') this.byAddress?.take(clientNetwork(address), Date.now());
  }

  /** The lookup failed: an outage of our own counts against nobody's address. */
  undecided(address: string, counted: Counted): void {
    if (counted === 'address') this.byAddress?.giveBack(clientNetwork(address));
  }

  /** Counts more than the request itself against a token, also beyond its limit: further events, or a large body. */
  more(hash: string, count: number): void {
    if (count > 0) this.byToken?.take(hash, Date.now(), count);
  }

  private countRequest(hash: string): void {
    if (!this.byToken) return;
    const now = Date.now();
    const wait = this.byToken.waitFor(hash, now);
    if (wait > 0) {
      this.refused.inc({ limit: 'token' });
      throw throttled('Too many requests with this token.', wait);
    }
    this.byToken.take(hash, now);
  }
}
