import { withinTime } from '@skillora/operability';

import type { ClientCredentials } from './request-options.js';
import type { AskedToken } from './token-endpoint.js';
import {
  decideToken,
  FAILURE_SHARED_MS,
  type HeldToken,
  isReplacedAfterRefusal,
  type TokenFailure,
} from './token-life.js';
import type { ClientAuthentication } from './token-request.js';

/** The surroundings of {@link Tokens}. */
export interface TokenPorts {
  /** Asks a token endpoint. Does not throw. */
  ask(credentials: ClientCredentials, first: ClientAuthentication): Promise<AskedToken>;
  /** A clock that only goes forward, ms. */
  now(): number;
}

/** A token to use, or why there is none, as a sentence for the customer. */
export type TokenOrProblem = HeldToken | { readonly problem: string };

/** An endpoint's token, and the request for the next. */
interface Holder {
  readonly credentials: ClientCredentials;
  token: HeldToken | null;
  failure: TokenFailure | null;
  asking: Promise<TokenOrProblem> | null;
  /** Where the server accepted the secret last. */
  authentication: ClientAuthentication;
}

const SWEEP_MS = 60_000;

/**
 * The access tokens of endpoints. They are kept in memory alone. For each endpoint one request is made at a time, and
 * the attempts that need its token wait for it.
 */
export class Tokens {
  private readonly holders = new Map<string, Holder>();
  private sweptAt = -Infinity;

  constructor(private readonly ports: TokenPorts) {}

  /** How many endpoints have something in memory. */
  get size(): number {
    return this.holders.size;
  }

  /**
   * The token for an attempt that begins now.
   * @param withinMs how long the attempt can wait. @param asksAnyway whether a failure that was just found is not shared,
   * because somebody asked for the attempt.
   */
  async of(
    endpointId: string,
    credentials: ClientCredentials,
    withinMs: number,
    asksAnyway: boolean,
  ): Promise<TokenOrProblem> {
    this.sweep();
    const holder = this.holderOf(endpointId, credentials);
    const { token, failure } = holder;
    const decision = decideToken(holder, this.ports.now(), asksAnyway);
    if (token && decision === 'use') return token;
    if (token && decision === 'renew') {
      // The attempt has a good token and waits for nothing.
      void this.ask(holder, false);
      return token;
    }
    if (failure && decision === 'fail') return failure;
    return inTime(this.ask(holder, false), withinMs);
  }

  /**
   * Another token in the place of one that the receiver has refused; null where it is not replaced.
   * @param withinMs as in {@link of}.
   */
  async afterRefusal(
    endpointId: string,
    credentials: ClientCredentials,
    refused: HeldToken,
    withinMs: number,
  ): Promise<TokenOrProblem | null> {
    const holder = this.holderOf(endpointId, credentials);
    const { token } = holder;
    // Another attempt was refused before this one, and has asked already.
    if (token && token.accessToken !== refused.accessToken) return token;
    if (!holder.asking) {
      if (!isReplacedAfterRefusal(token ?? refused, this.ports.now())) return null;
      holder.token = null;
    }
    return inTime(this.ask(holder, true), withinMs);
  }

  /** The receiver has answered something else than 401 to a token. */
  accepted(endpointId: string, { accessToken, wasAccepted }: HeldToken): void {
    if (wasAccepted) return;
    const holder = this.holders.get(endpointId);
    if (holder?.token?.accessToken === accessToken) holder.token = { ...holder.token, wasAccepted: true };
  }

  private holderOf(endpointId: string, credentials: ClientCredentials): Holder {
    const known = this.holders.get(endpointId);
    if (known && isSame(known.credentials, credentials)) return known;
    const holder: Holder = {
      credentials,
      token: null,
      failure: null,
      asking: null,
      authentication: 'header',
    };
    // The request with the former credentials ends first: there is one at a time.
    const former = known?.asking;
    if (former) holder.asking = former.then(() => this.request(holder, false));
    this.holders.set(endpointId, holder);
    return holder;
  }

  /** The request for a token that is in progress, or a new one. */
  private ask(holder: Holder, replacesRefused: boolean): Promise<TokenOrProblem> {
    holder.asking ??= this.request(holder, replacesRefused);
    return holder.asking;
  }

  private async request(holder: Holder, replacesRefused: boolean): Promise<TokenOrProblem> {
    const askedAt = this.ports.now();
    const asked = await this.ports.ask(holder.credentials, holder.authentication);
    holder.asking = null;
    if ('problem' in asked) {
      holder.failure = { problem: asked.problem, at: this.ports.now() };
      return holder.failure;
    }
    const { accessToken, lifeMs, authentication } = asked;
    holder.failure = null;
    holder.authentication = authentication;
    holder.token = { accessToken, lifeMs, askedAt, replacesRefused, wasAccepted: false };
    return holder.token;
  }

  /** Forgets the endpoints whose token has ended: they were deleted, changed, or have nothing to receive. */
  private sweep(): void {
    const now = this.ports.now();
    if (now - this.sweptAt < SWEEP_MS) return;
    this.sweptAt = now;
    for (const [id, { token, failure, asking }] of this.holders) {
      const isOver = !token || token.askedAt + token.lifeMs <= now;
      const isForgotten = !failure || failure.at + FAILURE_SHARED_MS <= now;
      if (isOver && isForgotten && !asking) this.holders.delete(id);
    }
  }
}

const LATE = { problem: 'No access token could be had from the token endpoint in time.' };

async function inTime(asking: Promise<TokenOrProblem>, withinMs: number): Promise<TokenOrProblem> {
  const asked = await withinTime(asking, withinMs);
  return asked === 'late' ? LATE : asked;
}

function isSame(one: ClientCredentials, other: ClientCredentials): boolean {
  return (
    one === other ||
    (one.tokenUrl === other.tokenUrl &&
      one.clientId === other.clientId &&
      one.clientSecret === other.clientSecret &&
      one.scope === other.scope &&
      one.audience === other.audience)
  );
}
