import type { SignedRequest } from '../attempt/signed-request.js';
import type { PostOutcome, WebhookPoster } from '../http/webhook-poster.js';
import type { Turn } from '../queues/queue-surroundings.js';
import { AUTHORIZATION, NO_OPTIONS, type RequestOptions } from './request-options.js';
import type { HeldToken } from './token-life.js';
import type { Tokens } from './tokens.js';
import { withoutCredentials } from './without-credentials.js';

/** A request, and what is to be called whenever it is given to the network. */
type SentRequest = SignedRequest & { readonly onSent?: () => void };

/** An attempt to an endpoint, whose requests may carry more than our own headers. */
export interface AuthorizedAttempt {
  readonly endpointId: string;
  readonly options: RequestOptions;
  readonly request: SentRequest;
  /** Whether somebody asked for the attempt, so that it shares no failure of another one. */
  readonly asked: boolean;
  /** Whether a second request may be sent: see {@link Turn.another}. */
  readonly another: Turn['another'];
}

/** A second request waits for its place for this part of the time that is left, so that it has the rest. */
const WAITS_PART = 0.5;
const NO_PLACE =
  'A new access token was got, and the rate limit or the hold of the endpoint left no time to send the request again. Attempts from now on use the new token.';

/**
 * Makes attempts with the credentials of their endpoint. The time limit of an attempt covers the request for its token.
 * What is kept of an answer repeats no credential.
 */
export class AuthorizedPoster {
  /** @param timeoutMs the time limit of one attempt, ms. */
  constructor(
    private readonly poster: Pick<WebhookPoster, 'post'>,
    private readonly tokens: Pick<Tokens, 'of' | 'afterRefusal' | 'accepted'>,
    private readonly timeoutMs: number,
  ) {}

  /** Makes one attempt. It does not throw for anything that a receiver or a token endpoint does. */
  post(attempt: AuthorizedAttempt): Promise<PostOutcome> {
    return attempt.options === NO_OPTIONS ? this.poster.post(attempt.request) : this.postWithOptions(attempt);
  }

  private async postWithOptions(attempt: AuthorizedAttempt): Promise<PostOutcome> {
    const { options, request } = attempt;
    if (options.clientCredentials === null) return masked(await this.poster.post(request), options.secrets);
    const start = performance.now();
    const elapsed = (): number => performance.now() - start;
    const { outcome, tokens } = await this.withToken(attempt, () => Math.max(1, this.timeoutMs - elapsed()));
    const whole = { ...outcome, durationMs: Math.round(elapsed()) };
    return masked(whole, [...options.secrets, ...tokens.map(({ accessToken }) => accessToken)]);
  }

  /** @param leftMs how much time the attempt has left. */
  private async withToken(
    { endpointId, options, request, asked, another }: AuthorizedAttempt,
    leftMs: () => number,
  ): Promise<{ outcome: PostOutcome; tokens: HeldToken[] }> {
    const credentials = options.clientCredentials;
    if (credentials === null) throw new Error('no token can be asked for without credentials');
    const token = await this.tokens.of(endpointId, credentials, leftMs(), asked);
    if ('problem' in token) return { outcome: notSent(token.problem), tokens: [] };
    const first = await this.postWith(endpointId, request, token, leftMs());
    if (first.responseStatus !== 401) return { outcome: first, tokens: [token] };
    const next = await this.tokens.afterRefusal(endpointId, credentials, token, leftMs());
    if (next === null) return { outcome: first, tokens: [token] };
    if ('problem' in next) return { outcome: withDetail(first, next.problem), tokens: [token] };
    if (!(await another(leftMs() * WAITS_PART))) {
      return { outcome: withDetail(first, NO_PLACE), tokens: [token, next] };
    }
    return { outcome: await this.postWith(endpointId, request, next, leftMs()), tokens: [token, next] };
  }

  private async postWith(
    endpointId: string,
    request: SentRequest,
    token: HeldToken,
    withinMs: number,
  ): Promise<PostOutcome> {
    const headers = { ...request.headers, [AUTHORIZATION]: `Bearer ${token.accessToken}` };
    const outcome = await this.poster.post({ ...request, headers }, Math.round(withinMs));
    const { responseStatus } = outcome;
    if (responseStatus !== null && responseStatus !== 401) this.tokens.accepted(endpointId, token);
    return outcome;
  }
}

/** The outcome of an attempt that has no token, so that nothing was sent to the receiver. */
function notSent(errorDetail: string): PostOutcome {
  return {
    durationMs: 0,
    requestSent: false,
    responseStatus: null,
    responseBody: null,
    responseHeaders: null,
    error: 'authentication',
    errorDetail,
    remoteAddress: null,
    timingsMs: { dns: null, connect: null, tls: null, firstByte: null },
    retryAfterMs: null,
    gone: false,
  };
}

function withDetail(outcome: PostOutcome, more: string): PostOutcome {
  return { ...outcome, errorDetail: `${outcome.errorDetail ?? ''} ${more}`.trim() };
}

function masked(outcome: PostOutcome, secrets: readonly string[]): PostOutcome {
  const { responseBody, responseHeaders, errorDetail } = outcome;
  return {
    ...outcome,
    responseBody: responseBody && withoutCredentials(responseBody, secrets),
    responseHeaders:
      responseHeaders &&
      Object.fromEntries(
        Object.entries(responseHeaders).map(([name, value]) => [name, withoutCredentials(value, secrets)]),
      ),
    errorDetail: errorDetail && withoutCredentials(errorDetail, secrets),
  };
}
