import { setting, wholeNumber } from '@skillora/operability';
import { Counter } from 'prom-client';

import { throttled } from './problems.js';
import { type Rate, RateLimiter } from './rate-limiter.js';

const MAX_PER_SECOND = 1_000_000;

/** The settings of a limit for each token: `variable` a second, `variable`_BURST at once. 0 a second is no limit. */
export function tokenLimitSettings(variable: string, { perSecond, burst }: Rate) {
  return {
    tokenLimitPerSecond: setting(variable, wholeNumber(0, MAX_PER_SECOND), String(perSecond)),
    tokenLimitBurst: setting(`${variable}_BURST`, wholeNumber(1, MAX_PER_SECOND), String(burst)),
    /** Unknown tokens a second from one address; 0 is no limit. */
    unknownTokenLimit: setting('UNKNOWN_TOKEN_LIMIT', wholeNumber(0, MAX_PER_SECOND), '50'),
  };
}

export interface RequestLimitSettings {
  readonly tokenLimitPerSecond: number;
  readonly tokenLimitBurst: number;
  readonly unknownTokenLimit: number;
}

/** An address may have so many seconds' worth of unknown tokens at once: a client that was not told of a revocation. */
const UNKNOWN_BURST_SECONDS = 20;
/** So many addresses are remembered; whoever has more of them is not stopped by this. */
const MAX_ADDRESSES = 10_000;

/**
 * What one token may ask for, so that one customer's runaway client does not slow the others, and how many unknown
 * tokens are looked up for one address, so that a flood of them costs nothing. An address can be a proxy that stands
 * before everybody, so tokens that were good before are looked up whatever else comes from there. Each copy of a service
 * counts for itself.
 */
export class RequestLimits {
  /** Hashes of tokens that were good when last looked up: no more than there are tokens. */
  private readonly good = new Set<string>();
  private readonly byToken: RateLimiter | null;
  private readonly byAddress: RateLimiter | null;
  private readonly refused = new Counter({
    name: 'webhook_http_requests_throttled_total',
    help: 'Requests answered with 429, by what was too much: requests of a token, or unknown tokens of an address',
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
   * To be asked before a token is looked up.
   * @throws {Refusal} 429 for one that was not good before, while its address has brought too many that are unknown.
   */
  beforeLookup(hash: string, address: string): void {
    if (this.good.has(hash)) return;
    const wait = this.byAddress?.waitFor(address, Date.now()) ?? 0;
    if (wait === 0) return;
    this.refused.inc({ limit: 'address' });
    throw throttled('Too many unknown tokens from this address.', wait);
  }

  /** Counts a token that is unknown, or no longer counts, against its address. */
  unknownToken(hash: string, address: string): void {
    this.good.delete(hash);
    this.byAddress?.take(address, Date.now());
  }

  /** Counts a request of a good token. @throws {Refusal} 429 when it is one too many; it is not counted then. */
  request(hash: string): void {
    this.good.add(hash);
    if (!this.byToken) return;
    const now = Date.now();
    const wait = this.byToken.waitFor(hash, now);
    if (wait > 0) {
      this.refused.inc({ limit: 'token' });
      throw throttled('Too many requests with this token.', wait);
    }
    this.byToken.take(hash, now);
  }

  /** Counts more against a token than the request it came with: what a batch holds beyond its first event. */
  more(hash: string, count: number): void {
    if (count > 0) this.byToken?.take(hash, Date.now(), count);
  }
}
