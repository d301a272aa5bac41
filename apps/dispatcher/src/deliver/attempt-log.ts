import { type Delivery, type TraceContext, traceIds } from '@skillora/contracts';
import type { Logger } from '@skillora/operability';

import type { EndedAttemptOutcome } from './deliver-ports.js';

/** The fields that identify a delivery in a log line. */
export function idsOf({ eventId, deliveryId, endpointId }: Delivery) {
  return { event: eventId, delivery: deliveryId, endpoint: endpointId };
}

/** Says how an attempt has ended. */
export function logEnd(logger: Logger, { delivery, result }: EndedAttemptOutcome, trace: TraceContext): void {
  const { status, error, attempt } = result;
  logger.debug(
    {
      ...idsOf(delivery),
      ...traceIds(trace),
      round: delivery.round,
      step: delivery.step,
      status,
      error,
      responseStatus: attempt?.responseStatus ?? null,
      durationMs: attempt?.durationMs ?? null,
    },
    'an attempt has ended',
  );
}
