import { AxiosHeaders, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';

import { AttemptTimeoutError } from './classify-failure.js';
import { type Answer, Exchange } from './exchange.js';
import { requestBytes } from './request-bytes.js';
import type { TargetPools } from './target-pools.js';

/**
 * What goes over the wire, given to axios as its `data`: an instance of a class passes through axios as it is, while
 * headers given as such are parsed, merged and completed, at a tenth of the cost of a whole attempt.
 */
export class WireRequest {
  /** True once a connection stood and the request was on its way over it, so that the receiver may have seen it. */
  wasSent = false;

  constructor(
    readonly headers: Record<string, string>,
    readonly body: Buffer | string,
  ) {}
}

/**
 * An axios adapter over connections of our own, at a third of the cost of axios's own. `timeout` is a wall-clock limit on
 * all of it. An answer of any status resolves; all else rejects with what was thrown, for the caller to classify.
 */
export function axiosAdapter(
  pools: TargetPools,
): (config: InternalAxiosRequestConfig) => Promise<AxiosResponse<Answer>> {
  return async (config) => {
    const answer = await exchangeWithin(config.timeout ?? 0, pools, config);
    return {
      data: answer,
      status: answer.status,
      statusText: '',
      // The answer holds its own; making axios's out of them would be work for nobody.
      headers: new AxiosHeaders(),
      config,
    };
  };
}

async function exchangeWithin(
  timeoutMs: number,
  pools: TargetPools,
  { url = '', data }: InternalAxiosRequestConfig,
): Promise<Answer> {
  const request = data as WireRequest;
  const target = pools.target(url);
  const body = typeof request.body === 'string' ? Buffer.from(request.body) : request.body;
  const exchange = new Exchange(requestBytes(target, request.headers, body));
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
