import { AxiosHeaders, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';

import { AttemptTimeoutError } from './classify-failure.js';
import { type Answer, type AnswerLimits, Exchange } from './exchange.js';
import type { Phases } from './phases.js';
import { requestBytes } from './request-bytes.js';
import type { TargetPools } from './target-pools.js';

/**
 * The request on the wire, given to axios as its `data`. axios passes an instance of a class through
 * unchanged. Headers given in the usual way would be parsed, merged and completed, at a tenth of the cost of
 * a whole attempt.
 */
export class WireRequest {
  /**
   * True once a connection was open and the request was being sent, so that the receiver may have seen it.
   */
  wasSent = false;
  /** The phases of the exchange; null until it began. */
  phases: Phases | null = null;

  constructor(
    readonly headers: Readonly<Record<string, string>>,
    readonly body: Buffer | string,
    /** Called when the request is given to the operating system. */
    readonly onSent: () => void = () => undefined,
  ) {}
}

/**
 * An axios adapter over our own connections, at a third of the cost of axios's own. `timeout` limits the
 * whole exchange. An answer with any status resolves. Every error rejects unchanged, and the caller
 * classifies it.
 */
export function axiosAdapter(
  pools: TargetPools,
): (config: InternalAxiosRequestConfig) => Promise<AxiosResponse<Answer>> {
  return async (config) => {
    const { timeout = 0, url = '', data } = config as { timeout?: number; url?: string; data: unknown };
    const answer = await exchangeWithin(timeout, pools, url, data as WireRequest);
    return {
      data: answer,
      status: answer.status,
      statusText: '',
      // The answer holds its own headers; converting them into axios's would be wasted work.
      headers: new AxiosHeaders(),
      config,
    };
  };
}

/**
 * Posts a request and reads its answer.
 * @param timeoutMs the limit of the whole exchange, ms. @param limits see {@link Exchange}.
 * @throws whatever prevented an answer.
 */
export async function exchangeWithin(
  timeoutMs: number,
  pools: TargetPools,
  url: string,
  request: WireRequest,
  limits?: AnswerLimits,
): Promise<Answer> {
  const target = pools.target(url);
  const body = typeof request.body === 'string' ? Buffer.from(request.body) : request.body;
  const exchange = new Exchange(requestBytes(target, request.headers, body), limits);
  exchange.onSent = request.onSent;
  request.phases = exchange.phases;
  const timer = setTimeout(
    () => exchange.giveUp(new AttemptTimeoutError(timeoutMs, exchange.wasSent)),
    timeoutMs,
  );
  try {
    target.pool.send(exchange);
    return await exchange.answer;
  } finally {
    request.wasSent = exchange.wasSent;
    clearTimeout(timer);
  }
}
