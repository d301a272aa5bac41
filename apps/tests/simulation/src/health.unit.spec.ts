import type { HealthRules } from '@skillora/endpoint-registry/simulation-exports';

import { DAY, HealthDays, HOUR, problemOf } from './health-days.js';
import { Random } from './random.js';

const RULES: HealthRules = { failingAfterMs: HOUR, disableAfterMs: 5 * DAY, disableFailures: 20 };
const SEEDS = Array.from({ length: 10 }, (_, seed) => seed + 1);

/** An endpoint that is down now and then, each time for up to nine hours. */
async function unsteady(seed: number, waits = true): Promise<HealthDays> {
  const random = new Random(seed);
  const outages = Array.from({ length: 6 }, () => random.between(0, 7 * DAY));
  const lengths = outages.map(() => random.between(0, 9 * HOUR));
  const days = new HealthDays(random, RULES, waits);
  await days.live(7, (now) =>
    outages.every((from, index) => now < from || now > from + (lengths[index] ?? 0)),
  );
  return days;
}
const problems = ({ steps, written }: HealthDays): string[] =>
  steps.flatMap((step) => problemOf(step, written, RULES) ?? []);

describe('days in the life of an endpoint, with partitions that are read at their own pace', () => {
  it.each(SEEDS)(
    'lead to announcements that the whole log agrees with, each made once (seed %d)',
    async (seed) => {
      const days = await unsteady(seed);
      expect(problems(days)).toEqual([]);
      const names = days.steps.map(({ kind, failingSince }) => `${kind}/${failingSince}`);
      expect(new Set(names).size).toBe(names.length);
    },
  );

  it('lead to announcements at all', async () => {
    const all = await Promise.all(SEEDS.map((seed) => unsteady(seed)));
    const kinds = new Set(all.flatMap(({ steps }) => steps.map(({ kind }) => kind)));
    expect(kinds).toEqual(new Set(['failing', 'recovered']));
  });

  it('would lead to wrong ones if an instance did not wait for all partitions', async () => {
    const all = await Promise.all(SEEDS.map((seed) => unsteady(seed, false)));
    expect(all.flatMap(problems).length).toBeGreaterThan(0);
  });

  it.each(SEEDS.slice(0, 5))(
    'end with the endpoint disabled if nothing succeeds for five of them (seed %d)',
    async (seed) => {
      const days = new HealthDays(new Random(seed), RULES);
      await days.live(9, (now) => now < 2 * DAY);
      expect(problems(days)).toEqual([]);
      expect(days.steps.map(({ kind }) => kind)).toEqual(['failing', 'disabling_soon', 'disabled']);
      const [failing, soon, disabled] = days.steps;
      const late = (step: typeof failing, due: number): number =>
        (step?.madeAt ?? 0) - (step?.failingSince ?? 0) - due;
      for (const delay of [late(failing, HOUR), late(soon, 2.5 * DAY), late(disabled, 5 * DAY)]) {
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThan(12 * HOUR);
      }
    },
  );
});
