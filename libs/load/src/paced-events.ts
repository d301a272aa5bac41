import { randomUUID } from 'node:crypto';

import type { EventSink } from './event-sink.js';
import { pace } from './pace.js';

const BATCH = 500;

const now = (): number => performance.timeOrigin + performance.now();

/** Publishes `count` events as fast as the broker takes them. @returns when it began, ms since the epoch. */
export async function publishBurst(publisher: EventSink, count: number): Promise<number> {
  const began = now();
  for (let sent = 0; sent < count; sent += BATCH) {
    await publisher.publish(Array.from({ length: Math.min(BATCH, count - sent) }, () => randomUUID()));
  }
  return began;
}

/**
 * Publishes `perSecond` events a second for `seconds`. @returns when each was published, ms since the epoch,
 * by mark.
 */
export async function publishSteadily(
  publisher: EventSink,
  perSecond: number,
  seconds: number,
): Promise<Map<string, number>> {
  const published = new Map<string, number>();
  const underWay: Promise<void>[] = [];
  for await (const due of pace(perSecond, seconds)) {
    const marks = Array.from({ length: due }, () => randomUUID());
    for (const mark of marks) published.set(mark, now());
    underWay.push(publisher.publish(marks));
  }
  await Promise.all(underWay);
  return published;
}
