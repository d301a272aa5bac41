import type { DisabledReason } from '@skillora/contracts';

import { countsSince, type EndpointHealth, presentFailures } from './endpoint-health.js';
import type { HealthRules } from './health-rules.js';

/** What was announced of the failures of an endpoint, in the order in which it happens. */
export const LEVELS = ['failing', 'disabling_soon', 'disabled'] as const;
export type Level = (typeof LEVELS)[number];

/**
 * What was announced of a time of failures. It ends with a success. If the endpoint is switched on again before that, the
 * next failures are another time, and what was announced of this one no longer matters to them.
 */
export interface Announced {
  /** When the first delivery failed, as it was known then; ms since the epoch. It names the time in the notices. */
  readonly failingSince: number;
  readonly level: Level;
}

/** What the log and the endpoint say. Times are ms since the epoch. */
export interface DecisionSituation {
  readonly health: EndpointHealth;
  readonly isActive: boolean;
  /** Its deliveries wait, so it cannot succeed. */
  readonly isHeld: boolean;
  /** When it was last switched on again, or a hold of it ended; null if never. */
  readonly enabledAt: number | null;
  /** Null if nothing is announced. */
  readonly announced: Announced | null;
}

/** What is to be done about an endpoint. `failingSince` is that of {@link Announced}. */
export type HealthStep =
  | { readonly kind: 'failing' | 'disabling_soon'; readonly failingSince: number; readonly at: number }
  | { readonly kind: 'disabled'; readonly failingSince: number; readonly reason: DisabledReason }
  | { readonly kind: 'recovered'; readonly failingSince: number; readonly at: number };

/** The steps, in their order, and what is announced once they are done. */
export interface HealthDecision {
  readonly steps: readonly HealthStep[];
  readonly announced: Announced | null;
}

/**
 * Decides what follows from the health of an endpoint. What it says depends on the facts and on what was announced, not
 * on how often or by whom it is asked: after its steps are done, it asks for nothing more until the facts change or
 * time passes. So nothing is announced twice, and an endpoint is disabled once for the same failures.
 * @param now up to here the log is known; ms since the epoch.
 */
export function decideHealth(situation: DecisionSituation, rules: HealthRules, now: number): HealthDecision {
  const { steps, announced } = afterEnd(situation);
  const present = ofPresentFailures(situation, announced);
  const period = periodOf(situation, present);
  if (period === null || !situation.isActive || present?.level === 'disabled') return { steps, announced };
  const { failingSince, isGone, count } = period;
  const due = (afterMs: number): boolean => now - failingSince >= afterMs;
  const { failingAfterMs, disableAfterMs, disableFailures } = rules;
  const level = (which: Level): Announced => ({ failingSince, level: which });
  if (isGone) {
    return {
      steps: [...steps, { kind: 'disabled', failingSince, reason: 'gone' }],
      announced: level('disabled'),
    };
  }
  const further: HealthStep[] = [];
  let reached = present;
  if (reached === null && due(failingAfterMs)) {
    further.push({ kind: 'failing', failingSince, at: failingSince + failingAfterMs });
    reached = level('failing');
  }
  // A disabled endpoint gets no deliveries for new events, and a hold loses none of them.
  const mayDisable = disableAfterMs > 0 && !situation.isHeld;
  if (mayDisable && due(disableAfterMs) && count >= disableFailures) {
    further.push({ kind: 'disabled', failingSince, reason: 'failing' });
    reached = level('disabled');
  } else if (mayDisable && due(disableAfterMs / 2) && reached?.level !== 'disabling_soon') {
    further.push({ kind: 'disabling_soon', failingSince, at: failingSince + disableAfterMs / 2 });
    reached = level('disabling_soon');
  }
  return { steps: [...steps, ...further], announced: reached ?? announced };
}

/** Ends what was announced, if the endpoint has succeeded since. */
function afterEnd({ health, isActive, enabledAt, announced }: DecisionSituation): HealthDecision {
  const { lastSuccessAt } = health;
  if (announced === null || lastSuccessAt === null || lastSuccessAt < announced.failingSince) {
    return { steps: [], announced };
  }
  const { failingSince, level } = announced;
  if (level !== 'disabled') {
    return { steps: [{ kind: 'recovered', failingSince, at: lastSuccessAt }], announced: null };
  }
  // A test send succeeded: the endpoint stays disabled until somebody switches it on.
  if (!isActive) return { steps: [], announced };
  const at = Math.max(lastSuccessAt, enabledAt ?? lastSuccessAt);
  return { steps: [{ kind: 'recovered', failingSince, at }], announced: null };
}

/** What was announced, if it is about the failures since the endpoint was last switched on. */
function ofPresentFailures({ enabledAt }: DecisionSituation, announced: Announced | null): Announced | null {
  return announced !== null && announced.failingSince > (enabledAt ?? -Infinity) ? announced : null;
}

/** The present failures. Their beginning keeps the name that it was announced by. */
function periodOf(
  { health, enabledAt }: DecisionSituation,
  announced: Announced | null,
): { failingSince: number; isGone: boolean; count: number } | null {
  const since = countsSince(health, enabledAt);
  const failures = presentFailures(health, enabledAt);
  if (failures === null) return null;
  return {
    failingSince: announced?.failingSince ?? failures.firstAt,
    isGone: health.lastGoneAt !== null && health.lastGoneAt > since,
    count: failures.count,
  };
}
