import { type DeliveryResult, type Delivery, type TraceContext } from '@skillora/contracts';
import { deliveryAttributes, type Tracer } from '@skillora/operability';

import type { LaneName } from '../lanes/lane-room.js';

/** An attempt that has ended, or the end of a delivery without one. */
export interface EndedAttempt {
  readonly delivery: Delivery;
  /** The trace context in the delivery's record. */
  readonly parent: TraceContext;
  readonly result: DeliveryResult;
  /** Whether a request was sent or begun. */
  readonly posted: boolean;
  readonly lane: LaneName;
  /** The endpoint's URL; undefined when it is no longer known. */
  readonly url: string | undefined;
}

/**
 * Records an attempt as a span that covers the time of the attempt. The span holds only scheme, host and port
 * of the URL: customers may put secrets into paths and queries.
 * @returns the trace context for the attempt's result and the retry that follows.
 */
export function recordAttempt(tracer: Tracer, ended: EndedAttempt): TraceContext {
  const { delivery, parent, result, posted, lane, url } = ended;
  const { attempt, error, status, nextRetryAt } = result;
  const endedAt = Date.parse(result.at);
  const span = tracer.start(posted ? 'POST' : 'end without a request', {
    role: posted ? 'client' : 'internal',
    parent,
    startedAt: attempt === null ? endedAt : Date.parse(attempt.startedAt),
    attributes: deliveryAttributes(delivery),
  });
  span.end({
    endedAt,
    error: attempt?.error ?? error ?? undefined,
    attributes: {
      'webhook.delivery.status': status,
      'webhook.next_retry_at': nextRetryAt ?? undefined,
      'webhook.lane': lane,
      ...(posted ? requestAttributes(delivery, url, attempt?.responseStatus ?? undefined) : {}),
    },
  });
  return span.context;
}

function requestAttributes({ step }: Delivery, url: string | undefined, responseStatus: number | undefined) {
  const target = url !== undefined && URL.canParse(url) ? new URL(url) : undefined;
  return {
    'http.request.method': 'POST',
    'http.request.resend_count': step > 1 ? step - 1 : undefined,
    'http.response.status_code': responseStatus,
    'url.scheme': target?.protocol.slice(0, -1),
    'server.address': target?.hostname,
    'server.port': target && Number(target.port || (target.protocol === 'https:' ? 443 : 80)),
  };
}
