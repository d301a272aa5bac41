import type { AttemptTimings, DeliveryErrorCode } from '@skillora/contracts';
import type { AddressListener, EgressPolicy, Resolver } from '@skillora/egress';
import { Axios } from 'axios';

import { axiosAdapter, WireRequest } from './axios-adapter.js';
import { bodyText } from './body-text.js';
import { classifyFailure } from './classify-failure.js';
import { type Circumstances, classifyStatus } from './classify-status.js';
import type { Answer } from './exchange.js';
import { keptHeaders } from './kept-headers.js';
import { retryAfterMs } from './retry-after.js';
import { TargetPools } from './target-pools.js';

/** The outcome of one attempt on the wire. */
export interface PostOutcome {
  readonly durationMs: number;
  /** False when no connection was opened, so that the receiver cannot have seen the request. */
  readonly requestSent: boolean;
  /** Null when no status was received. */
  readonly responseStatus: number | null;
  /** The first 4 KiB of the body as text that PostgreSQL can hold; null when no status was received. */
  readonly responseBody: string | null;
  /** Null for a 2xx. */
  readonly error: DeliveryErrorCode | null;
  /** What went wrong, for the customer: a few sentences at most. */
  readonly errorDetail: string | null;
  /** The IP address of the connection, or the last one tried; null if there was none. */
  readonly remoteAddress: string | null;
  readonly timingsMs: AttemptTimings;
  /** See {@link keptHeaders}; null when no answer came. */
  readonly responseHeaders: Readonly<Record<string, string>> | null;
  /** The delay in `Retry-After` on 429 and 503, ms, at most an hour. */
  readonly retryAfterMs: number | null;
  /** The receiver answered 410: it is gone for good. */
  readonly gone: boolean;
}

export interface WebhookPosterOptions {
  /** The time limit of one attempt, including name resolution and connecting, ms. */
  readonly timeoutMs: number;
  readonly policy: EgressPolicy;
  /**
   * The maximum number of connections to one endpoint's URL; further requests wait within their own time
   * limit.
   */
  readonly connectionsPerOrigin: number;
  /** The number of URLs whose idle connections are kept. */
  readonly maxIdleTargets?: number;
  /** Replaces the resolver of {@link createNameResolver}. */
  readonly resolver?: Resolver;
  /** Certificate authorities that are trusted beside Node's own, one PEM each. */
  readonly certificateAuthorities?: readonly string[];
  /** Is notified of the addresses behind names that are connected to. */
  readonly addresses?: AddressListener;
}

const MAX_IDLE_TARGETS = 1_000;

/**
 * Posts webhooks. `post` resolves whatever a receiver does. No answer takes more than 64 KiB of reading, 4
 * KiB of memory, or its connection beyond the time limit. Redirects are not followed, proxies of the
 * environment are not used, and certificates are always verified. Connections are opened only to addresses
 * that the policy allows.
 */
export class WebhookPoster {
  private readonly pools: TargetPools;
  private readonly http: Axios;

  constructor(options: WebhookPosterOptions) {
    this.pools = new TargetPools({
      policy: options.policy,
      connectionsPerTarget: options.connectionsPerOrigin,
      maxTargets: options.maxIdleTargets ?? MAX_IDLE_TARGETS,
      connectTimeoutMs: options.timeoutMs,
      resolver: options.resolver,
      certificateAuthorities: options.certificateAuthorities,
      addresses: options.addresses,
    });
    // The bare class, because axios's own instance merges its defaults into every request. They would add
    // headers, transform bodies, and configure what this adapter does not have (proxies, redirects,
    // decompression).
    this.http = new Axios({
      adapter: axiosAdapter(this.pools),
      timeout: options.timeoutMs,
      headers: {},
      transformRequest: [],
      transformResponse: [],
    });
  }

  /**
   * Makes one attempt. It does not throw for anything that a receiver, its network or its name server does.
   * @param withinMs its time limit, if that is not the usual one, ms.
   */
  async post(
    request: {
      url: string;
      body: Buffer | string;
      headers: Readonly<Record<string, string>>;
      /** Called when the request is given to the operating system. */
      onSent?: () => void;
    },
    withinMs?: number,
  ): Promise<PostOutcome> {
    const start = performance.now();
    const wireRequest = new WireRequest(request.headers, request.body, request.onSent);
    const end = () => ({
      durationMs: Math.round(performance.now() - start),
      requestSent: wireRequest.wasSent,
      remoteAddress: wireRequest.phases?.address ?? null,
      timingsMs: wireRequest.phases?.timings ?? NOTHING_TOOK_PLACE,
    });
    try {
      const { data } = await this.http.request<Answer>({
        method: 'post',
        url: request.url,
        data: wireRequest,
        ...(withinMs === undefined ? {} : { timeout: withinMs }),
      });
      const { url, body } = request;
      return { ...end(), ...outcomeOf(data, { url, requestBytes: Buffer.byteLength(body) }) };
    } catch (error) {
      return { ...end(), ...NO_ANSWER, ...classifyFailure(error) };
    }
  }

  /** Lets attempts in flight end, then closes every connection. */
  async close(): Promise<void> {
    await this.pools.close();
  }
}

const NOTHING_TOOK_PLACE: AttemptTimings = { dns: null, connect: null, tls: null, firstByte: null };
const NO_ANSWER = {
  responseStatus: null,
  responseBody: null,
  responseHeaders: null,
  retryAfterMs: null,
  gone: false,
} as const;

function outcomeOf(
  { status, headers, body, isCut }: Answer,
  request: Omit<Circumstances, 'location'>,
): Omit<PostOutcome, 'durationMs' | 'requestSent' | 'remoteAddress' | 'timingsMs'> {
  const asksForDelay = status === 429 || status === 503;
  return {
    responseStatus: status,
    responseBody: bodyText(body, isCut),
    responseHeaders: keptHeaders(headers),
    retryAfterMs: asksForDelay ? retryAfterMs(headers['retry-after'], new Date()) : null,
    gone: status === 410,
    ...(classifyStatus(status, { ...request, location: headers['location'] }) ?? {
      error: null,
      errorDetail: null,
    }),
  };
}
