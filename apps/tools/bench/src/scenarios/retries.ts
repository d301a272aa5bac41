import { setTimeout as delay } from 'node:timers/promises';

import { publishSteadily, type Receivers } from '@skillora/load';
import { ExtraDispatcher } from '@skillora/running-stack';

import { percentile, print, round } from '../figures.js';
import type { Scenario } from '../scenario.js';
import { SystemUnderTest } from '../system-under-test.js';

const ENDPOINTS = 10;
const EVENTS_PER_SECOND = 100;
/**
 * By then all attempts have failed, none is due again, and the partitions of the killed instance have new
 * owners.
 */
const MARGIN_SECONDS = 30;
/** A delivery that has not arrived this long after the last one was due is missing. */
const LIMIT_MS = 60_000;
const SETTINGS = { ALLOW_HTTP_TARGETS: 'true', ALLOWED_TARGET_CIDRS: '127.0.0.0/8' };

export const retries: Scenario = {
  name: 'retries',
  description: 'how late 100,000 waiting retries are, while one dispatcher joins and another is killed',
  async run({ quick }) {
    const seconds = quick ? 10 : 100;
    const delaySeconds = seconds + MARGIN_SECONDS;
    const settings = { RETRY_DELAYS: `${delaySeconds}s` };
    const system = await SystemUnderTest.start(ENDPOINTS, settings);
    const { receivers, publisher, stack } = system;
    let copy: ExtraDispatcher | null = null;
    try {
      await system.register(receivers.urls.map((_, receiver) => receiver));
      await publishSteadily(publisher, EVENTS_PER_SECOND, 5);
      await receivers.reset();
      await receivers.behave({ kind: 'answer', status: 500 });
      const publishing = publishSteadily(publisher, EVENTS_PER_SECOND, seconds);
      await delay((seconds * 1_000) / 3);
      copy = await ExtraDispatcher.start(stack.address.dataDir, { ...SETTINGS, ...settings });
      await delay((seconds * 1_000) / 3);
      await copy.end('SIGKILL');
      const published = await publishing;
      const deliveries = published.size * ENDPOINTS;
      await receivers.arrived(deliveries, MARGIN_SECONDS * 1_000);
      // Attempts in progress at the kill arrive twice: the first attempts of the others must end too.
      await delay(5_000);
      const turned = Date.now();
      await receivers.behave({ kind: 'answer', status: 200 });
      const late = await lateness(receivers, published, turned, delaySeconds * 1_000);
      print(
        `${deliveries} waited ${delaySeconds} s each: late p50 ${round(percentile(late, 0.5))} ms, p99 ${round(percentile(late, 0.99))} ms, ` +
          `longest ${round(percentile(late, 1))} ms; ${late.filter((ms) => ms < 0).length} early, ${deliveries - late.length} missing`,
      );
    } finally {
      await copy?.end('SIGKILL');
      await system.stop();
    }
  },
};

/**
 * How late each delivery was retried, ms. An arrival before the servers `turned` to answering was a failed
 * attempt (an attempt in progress at the kill arrives twice). An arrival after that is the retry of the last
 * failed attempt.
 */
async function lateness(
  receivers: Receivers,
  published: ReadonlyMap<string, number>,
  turned: number,
  delayMs: number,
): Promise<number[]> {
  const deadline = Date.now() + delayMs + LIMIT_MS;
  for (;;) {
    const failed = new Map<string, number>();
    const retried = new Map<string, number>();
    for (const { receiver, mark, at } of await receivers.arrivals()) {
      if (!published.has(mark)) continue;
      const delivery = `${receiver}/${mark}`;
      if (at < turned) failed.set(delivery, at);
      else if (!retried.has(delivery)) retried.set(delivery, at);
    }
    if (retried.size >= published.size * ENDPOINTS || Date.now() > deadline) {
      return [...retried].map(([delivery, at]) => at - (failed.get(delivery) ?? at) - delayMs);
    }
    await delay(5_000);
  }
}
