import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

import { reasonOf } from './problems.js';

/** The limit of one attempt, as the platform has it. */
const LIMIT_MS = 30_000;

/** What came back from the developer's server. */
export type Outcome =
  | { readonly kind: 'answered'; readonly status: number; readonly ms: number }
  | { readonly kind: 'failed'; readonly reason: string; readonly ms: number };

/**
 * Posts a request to the developer's own machine: so no address is forbidden, and no redirect is followed. The answer's
 * body is not kept.
 */
export function forward(
  target: URL,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  signal: AbortSignal,
  limitMs = LIMIT_MS,
): Promise<Outcome> {
  const began = performance.now();
  const ms = (): number => Math.round(performance.now() - began);
  const limit = AbortSignal.timeout(limitMs);
  return new Promise((resolve) => {
    const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(target, {
      method: 'POST',
      headers: { ...headers, 'Content-Length': body.length },
      agent: false,
      signal: AbortSignal.any([signal, limit]),
    });
    request.on('response', (response) => {
      resolve({ kind: 'answered', status: response.statusCode ?? 0, ms: ms() });
      // Nothing that comes after the head matters any more.
      response.on('error', () => undefined);
      response.resume();
    });
    request.on('error', (error) => {
      const reason = limit.aborted ? `no answer within ${limitMs / 1_000} s` : reasonOf(error);
      resolve({ kind: 'failed', reason, ms: ms() });
    });
    request.end(body);
  });
}
