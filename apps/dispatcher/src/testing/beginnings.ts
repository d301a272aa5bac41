import type { DeliveryResult } from '@skillora/contracts';

import { SLOW_AFTER_MS } from '../queues/endpoint-queue.js';

/** Attempts that came near to the limit may have been over it when the dispatcher looked. */
const NEARLY = 0.5;

/**
 * When the attempts of these events began, in the order of the events. They have all begun in order if their endpoint has
 * kept up, see `SlowLane.keepOrder`.
 * @returns null when the endpoint has not: receivers share a process with the dispatcher, and on a busy machine that may
 * stand still for a second.
 */
export function beginningsIfKeptUp(
  results: readonly DeliveryResult[],
  events: readonly string[],
): string[] | null {
  const attempts = new Map(results.map(({ eventId, attempt }) => [eventId, attempt]));
  const longestMs = Math.max(...results.map(({ attempt }) => attempt?.durationMs ?? 0));
  if (longestMs >= SLOW_AFTER_MS * NEARLY) return null;
  return events.map((id) => attempts.get(id)?.startedAt ?? '');
}
