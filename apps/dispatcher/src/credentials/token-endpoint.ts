import { exchangeWithin, WireRequest } from '../http/axios-adapter.js';
import { classifyFailure } from '../http/classify-failure.js';
import type { TargetPools } from '../http/target-pools.js';
import type { ClientCredentials } from './request-options.js';
import { LONGEST_TOKEN, readTokenAnswer, type ReadToken } from './token-answer.js';
import { type ClientAuthentication, tokenRequest } from './token-request.js';

/** A token, or why there is none: one or two sentences for the customer. */
export type AskedToken =
  | {
      readonly accessToken: string;
      readonly lifeMs: number;
      /** The way in which the server accepted the client. */
      readonly authentication: ClientAuthentication;
    }
  | { readonly problem: string };

/** How much of an answer is kept: a token and what stands beside it, bytes. */
const KEPT_BYTES = 2 * LONGEST_TOKEN;
const OTHER: Readonly<Record<ClientAuthentication, ClientAuthentication>> = {
  header: 'body',
  body: 'header',
};

/**
 * Asks token endpoints for tokens. Connections are made by the egress rules of webhooks, redirects are not followed, and
 * no answer takes more than 64 KiB of reading, or more than the time limit.
 */
export class TokenEndpoint {
  /** @param timeoutMs the time limit for a token, name resolution and connecting included, ms. */
  constructor(
    private readonly pools: TargetPools,
    private readonly timeoutMs: number,
  ) {}

  /**
   * Asks for a token. If the server does not accept the client, it is asked once more with the secret in the other place,
   * because servers differ in what they take.
   * @param first where the secret is tried first. It does not throw, whatever a server does.
   */
  async ask(credentials: ClientCredentials, first: ClientAuthentication): Promise<AskedToken> {
    const deadline = performance.now() + this.timeoutMs;
    let problem = '';
    for (const authentication of [first, OTHER[first]]) {
      const read = await this.askOnce(credentials, authentication, deadline);
      if ('accessToken' in read) return { ...read, authentication };
      problem ||= read.problem;
      if (!read.isClientRefused) break;
    }
    return { problem: `No access token could be had from the token endpoint: ${problem}.` };
  }

  /** Lets requests in flight end, then closes every connection. */
  close(): Promise<void> {
    return this.pools.close();
  }

  private async askOnce(
    credentials: ClientCredentials,
    authentication: ClientAuthentication,
    deadline: number,
  ): Promise<ReadToken> {
    const { url, headers, body } = tokenRequest(credentials, authentication);
    const withinMs = Math.max(1, Math.round(deadline - performance.now()));
    try {
      const limits = { bodyMs: withinMs, keptBytes: KEPT_BYTES };
      const request = new WireRequest(headers, body);
      return readTokenAnswer(await exchangeWithin(withinMs, this.pools, url, request, limits));
    } catch (error) {
      return { problem: withinSentence(classifyFailure(error).errorDetail), isClientRefused: false };
    }
  }
}

/** A sentence as the part of another: `The server refused the connection.` */
function withinSentence(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1).replace(/\.$/, '');
}
