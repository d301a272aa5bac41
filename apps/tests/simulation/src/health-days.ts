import {
  type Announced,
  countsSince,
  decideHealth,
  type EndpointHealth,
  evolveHealth,
  type HealthFact,
  type HealthRules,
  type HealthStep,
  UNKNOWN_HEALTH,
} from '@skillora/endpoint-registry/simulation-exports';

import type { Random } from './random.js';
import { VirtualClock } from './virtual-clock.js';

const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
const PARTITIONS = 3;
/** How long a partition of the log may be read behind the others. */
const LONGEST_STALL = 5 * HOUR;

/** A step, and when it was made. */
export type MadeStep = HealthStep & { readonly madeAt: number };

interface Partition {
  readonly records: HealthFact[];
  read: number;
  stalledUntil: number;
}

/**
 * Days in the life of an endpoint by a virtual clock: deliveries that end, partitions that are read at their own pace, and
 * instances that look by turns. The instances share what is stored, as in the database.
 */
export class HealthDays {
  readonly clock = new VirtualClock(0);
  /** Everything that was written to the log, in the order of writing. */
  readonly written: HealthFact[] = [];
  readonly steps: MadeStep[] = [];
  private readonly partitions: Partition[] = Array.from({ length: PARTITIONS }, () => ({
    records: [],
    read: 0,
    stalledUntil: 0,
  }));
  private health: EndpointHealth = UNKNOWN_HEALTH;
  private readonly failures: number[] = [];
  private announced: Announced | null = null;
  private isActive = true;

  /** @param waits false: an instance that decides without waiting until it has read what the log has. */
  constructor(
    private readonly random: Random,
    private readonly rules: HealthRules,
    private readonly waits = true,
  ) {}

  /** Deliveries end for some days; `isUp` says whether the endpoint answers at a time. */
  async live(days: number, isUp: (now: number) => boolean): Promise<void> {
    const { clock, random } = this;
    for (let at = 0; at < days * DAY; at += random.between(5 * MINUTE, 50 * MINUTE)) {
      clock.after(at, () => this.end(isUp(clock.now)));
    }
    // The log is read, and looked at, for some hours longer.
    const until = days * DAY + 2 * LONGEST_STALL;
    for (let at = 0; at < until; at += 2 * MINUTE) clock.after(at, () => this.read());
    for (const [instance, every] of [7 * MINUTE, 11 * MINUTE].entries()) {
      const state: { awaited: { ends: number[]; now: number } | null } = { awaited: null };
      for (let at = instance; at < until; at += every) clock.after(at, () => this.look(state));
    }
    await clock.run(1_000_000);
  }

  private end(succeeds: boolean): void {
    if (!this.isActive) return;
    const { now } = this.clock;
    const fact: HealthFact = succeeds
      ? { kind: 'success', at: now }
      : { kind: 'failure', at: now, gone: false };
    this.written.push(fact);
    this.random.pick(this.partitions).records.push(fact);
  }

  private read(): void {
    const { now } = this.clock;
    for (const partition of this.partitions) {
      if (now < partition.stalledUntil) continue;
      if (this.random.chance(0.01)) partition.stalledUntil = now + this.random.between(0, LONGEST_STALL);
      this.apply(partition.records.slice(partition.read));
      partition.read = partition.records.length;
    }
  }

  private apply(facts: readonly HealthFact[]): void {
    const { health, recount } = evolveHealth(this.health, facts, null);
    const since = countsSince(health, null);
    for (const { kind, at } of facts) if (kind === 'failure' && at > since) this.failures.push(at);
    const left = this.failures.filter((at) => at > since);
    const [first] = left;
    const counted =
      first === undefined
        ? null
        : { count: left.length, firstAt: Math.min(...left), lastAt: Math.max(...left) };
    this.health = recount ? { ...health, failures: counted } : health;
  }

  private look(state: { awaited: { ends: number[]; now: number } | null }): void {
    const ends = this.partitions.map(({ records }) => records.length);
    state.awaited ??= { ends, now: this.clock.now };
    const { awaited } = state;
    if (this.waits && this.partitions.some(({ read }, index) => read < (awaited.ends[index] ?? 0))) return;
    state.awaited = null;
    const { health, isActive, announced } = this;
    const decision = decideHealth(
      { health, isActive, isHeld: false, enabledAt: null, announced },
      this.rules,
      awaited.now,
    );
    this.announced = decision.announced;
    if (decision.steps.some(({ kind }) => kind === 'disabled')) this.isActive = false;
    this.steps.push(...decision.steps.map((step) => ({ ...step, madeAt: this.clock.now })));
  }
}

/** What is wrong with a step, compared with the whole log; null if nothing is. */
export function problemOf(
  step: HealthStep,
  written: readonly HealthFact[],
  rules: HealthRules,
): string | null {
  const { failingSince: since } = step;
  const first = written.find(({ at }) => at === since);
  if (first?.kind !== 'failure') return `${step.kind}: no delivery failed at ${since}`;
  const before = written[written.indexOf(first) - 1];
  if (before?.kind === 'failure') return `${step.kind}: a delivery had failed before ${since}`;
  const successWithin = (ms: number): boolean =>
    written.some(({ kind, at }) => kind === 'success' && at > since && at < since + ms);
  switch (step.kind) {
    case 'failing':
      return successWithin(rules.failingAfterMs) ? 'failing: something had succeeded' : null;
    case 'disabling_soon':
      return successWithin(rules.disableAfterMs / 2) ? 'disabling_soon: something had succeeded' : null;
    case 'disabled': {
      const failures = written.filter(({ kind, at }) => kind === 'failure' && at >= since).length;
      if (failures < rules.disableFailures) return `disabled after ${failures} failures`;
      return successWithin(rules.disableAfterMs) ? 'disabled: something had succeeded' : null;
    }
    case 'recovered':
      return written.some(({ kind, at }) => kind === 'success' && at === step.at)
        ? null
        : `recovered: nothing succeeded at ${step.at}`;
  }
}
