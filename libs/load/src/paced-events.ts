import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import type { EventPublisher } from './event-publisher.js';

const BATCH = 500;
const PACE_MS = 2;

const now = (): number => performance.timeOrigin + performance.now();

/** Publishes `count` events as fast as the broker takes them. @returns when it began, ms since the epoch. */
export async function publishBurst(publisher: EventPublisher, count: number): Promise<number> {
  const began = now();
  for (let sent = 0; sent < count; sent += BATCH) {
    await publisher.publish(Array.from({ length: Math.min(BATCH, count - sent) }, () => randomUUID()));
  }
  return began;
}

/** Publishes `perSecond` events a second for `seconds`. @returns when each was published, ms since the epoch, by mark. */
export async function publishSteadily(
  publisher: EventPublisher,
  perSecond: number,
  seconds: number,
): Promise<Map<string, number>> {
  const published = new Map<string, number>();
  const began = performance.now();
  const total = perSecond * seconds;
  const underWay: Promise<void>[] = [];
  while (published.size < total) {
    const due = Math.min(total, Math.floor(((performance.now() - began) / 1_000) * perSecond));
    const marks: string[] = [];
    while (published.size + marks.length < due) marks.push(randomUUID());
    for (const mark of marks) published.set(mark, now());
    if (marks.length > 0) underWay.push(publisher.publish(marks));
    await delay(PACE_MS);
  }
  await Promise.all(underWay);
  return published;
}
