import { count } from '../parts/format.js';
import type { Recovered, Recovery } from './recovery-queries.js';

const WHAT: Readonly<Record<Recovered, string>> = {
  undelivered: 'What failed or was missed',
  failed: 'What failed',
  missed: 'What was missed',
  all: 'Everything',
};

export function recoveredName(what: Recovered): string {
  return WHAT[what];
}

const WAITS: Readonly<Record<string, string>> = {
  audit: 'It waits until the newest events are in the log.',
  fan_out: 'It waits until the deliveries of the newest events are made.',
  endpoint_inactive: 'It waits until the endpoint is active.',
  endpoint_held: 'It waits until the endpoint is resumed.',
};

const REASONS: Readonly<Record<string, string>> = {
  requested: 'Somebody cancelled it.',
  endpoint_deleted: 'The endpoint was deleted.',
};

/** What is to be said of a recovery besides its figures; null if there is nothing. */
export function recoveryNote({ waits_for, reason }: Pick<Recovery, 'waits_for' | 'reason'>): string | null {
  if (waits_for !== null) return WAITS[waits_for] ?? `It waits: ${waits_for}.`;
  return reason === null ? null : (REASONS[reason] ?? `It was cancelled: ${reason}.`);
}

/** How far a recovery is, in words. */
export function progressText(recovery: Recovery): string {
  const { status, dry_run, expected, sent, succeeded, failed, skipped } = recovery;
  if (status === 'counting') return `Counting: ${count(expected)} found so far`;
  if (dry_run) return `${count(expected)} would be sent`;
  const others = [
    `${count(succeeded)} succeeded`,
    ...(failed > 0 ? [`${count(failed)} failed`] : []),
    ...(skipped > 0 ? [`${count(skipped)} no longer needed it`] : []),
  ];
  return `${count(sent)} of ${count(expected)} sent, ${others.join(', ')}`;
}

/** The part that is over, from 0 to 1. */
export function progressOf({ status, dry_run, expected, succeeded, failed, skipped }: Recovery): number {
  if (status === 'counting') return 0;
  if (dry_run || expected === 0) return 1;
  return (succeeded + failed + skipped) / expected;
}
