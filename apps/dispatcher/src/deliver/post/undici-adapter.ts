import { AxiosHeaders, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import type { Dispatcher } from 'undici';

import { AttemptTimeoutError, classifyFailure } from './classify-failure.js';
import type { ExchangeOptions } from './connection.js';
import { type Answer, Exchange } from './exchange.js';
import type { Target, TargetPools } from './target-pools.js';

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
 * An axios adapter over undici's connections, at half the cost of axios's own. `timeout` is a wall-clock limit on all of
 * it. An answer of any status resolves; what undici or the sockets throw rejects as it is, for the caller to classify.
 */
export function undiciAdapter(
  pools: TargetPools,
): (config: InternalAxiosRequestConfig) => Promise<AxiosResponse<Answer>> {
  return (config) =>
    pools.with(config.url ?? '', async (target) => {
      const answer = await exchangeWithin(config.timeout ?? 0, pools, target, config);
      return {
        data: answer,
        status: answer.status,
        statusText: '',
        // The answer holds its own; making axios's out of them would be work for nobody.
        headers: new AxiosHeaders(),
        config,
      };
    });
}

async function exchangeWithin(
  timeoutMs: number,
  pools: TargetPools,
  target: Target,
  config: InternalAxiosRequestConfig,
): Promise<Answer> {
  const request = config.data as WireRequest;
  let exchange = new Exchange();
  const timer = setTimeout(
    () => exchange.giveUp(new AttemptTimeoutError(timeoutMs, exchange.wasSent)),
    timeoutMs,
  );
  try {
    return await begin(exchange, target.pool, target, request);
  } catch (error) {
    if (!exchange.metStaleConnection || classifyFailure(error).error !== 'connection_reset') throw error;
    // The pool may hold more connections that went stale together, so the one repetition gets a fresh one.
    const client = pools.freshClient(target);
    request.wasSent = true;
    exchange = new Exchange();
    try {
      return await begin(exchange, client, target, request);
    } finally {
      client.destroy().catch(() => undefined);
    }
  } finally {
    request.wasSent ||= exchange.wasSent;
    clearTimeout(timer);
  }
}

function begin(
  exchange: Exchange,
  dispatcher: Dispatcher,
  { path }: Target,
  { headers, body }: WireRequest,
): Promise<Answer> {
  const options: ExchangeOptions = { method: 'POST', path, headers, body, exchange };
  dispatcher.dispatch(options, exchange);
  return exchange.answer;
}
