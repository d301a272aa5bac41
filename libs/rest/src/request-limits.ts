import { setting, wholeNumber } from '@skillora/operability';
import { Counter } from 'prom-client';

import { clientNetwork } from './client-network.js';
import { throttled } from './problems.js';
import { type Rate, RateLimiter } from './rate-limiter.js';

const MAX_PER_SECOND = 1_000_000;

/** The settings of a limit for each token: `variable` a second, `variable`_BURST at once. 0 a second is no limit. */
export function tokenLimitSettings(variable: string, { perSecond, burst }: Rate) {
  return {
    tokenLimitPerSecond: setting(variable, wholeNumber(0, MAX_PER_SECOND), String(perSecond)),
    tokenLimitBurst: setting(`${variable}_BURST`, wholeNumber(1, MAX_PER_SECOND), String(burst)),
    /** Unknown tokens a second from one address, or /64 of IPv6; 0 is no limit. */
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

/** What a request was counted against before its token was looked up. */
export type Counted = 'token' | 'address';

/**
 * What one token may ask for, so that one customer's runaway client does not slow the others, and how many unknown
 * tokens are looked up for one address, so that a flood of them costs nothing. All is counted before the look-up, which
 * may cost a query. An address can be a proxy that stands before everybody, so tokens that were good before are looked up
 * whatever else comes from there. Each instance of a service counts for itself.
 */
export class RequestLimits {
  /** Hashes of tokens that were good when last looked up: no more than there are tokens. */
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
   * Counts a request before its token is looked up: against the token where it was good before, else against its
   * address, as if it were unknown. To be followed by {@link known} or {@link unknown}.
   * @throws {Refusal} 429 when it is one too many; it is not counted then.
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
   * The token is good: its request counts against it and not against the address.
   * @throws {Refusal} 429 when it is one too many; it is not counted then.
   */
  known(hash: string, address: string, counted: Counted): void {
    this.good.add(hash);
    if (counted === 'token') return;
    this.byAddress?.giveBack(clientNetwork(address));
    this.countRequest(hash);
  }

  /** The token is unknown, or no longer counts: its request counts against its address. */
  unknown(hash: string, address: string, counted: Counted): void {
    this.good.delete(hash);
    if (counted === 'token') this.byAddress?.take(clientNetwork(address), Date.now());
  }

  /** Neither is known, since the look-up failed: an outage of ours counts against nobody's address. */
  undecided(address: string, counted: Counted): void {
    if (counted === 'address') this.byAddress?.giveBack(clientNetwork(address));
  }

  /** Counts more against a token than the request it came with: what a batch holds beyond its first event. */
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
