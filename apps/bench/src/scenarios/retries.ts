import { setTimeout as delay } from 'node:timers/promises';

import { publishSteadily } from '@skillora/load';
import { ExtraDispatcher } from '@skillora/running-stack';

import { percentile, print, round } from '../figures.js';
import type { Scenario } from '../scenario.js';
import { SystemUnderTest } from '../system-under-test.js';

const ENDPOINTS = 10;
const EVENTS_PER_SECOND = 100;
/** All attempts have failed before the first is due again, and what a killed copy held has been taken over. */
const MARGIN_SECONDS = 30;
const SETTINGS = { ALLOW_HTTP_TARGETS: 'true', ALLOWED_TARGET_CIDRS: '127.0.0.0/8' };

export const retries: Scenario = {
  name: 'retries',
  description: 'how late retries are of which 100,000 wait, while a dispatcher joins and is killed',
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
      await receivers.behave({ kind: 'answer', status: 200 });
      await receivers.arrived(deliveries * 2, (delaySeconds + 120) * 1_000);
      const attempts = Map.groupBy(await receivers.arrivals(), ({ receiver, mark }) => `${receiver}/${mark}`);
      const late = [...attempts.values()].flatMap(([first, second]) =>
        first && second ? [second.at - first.at - delaySeconds * 1_000] : [],
      );
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
