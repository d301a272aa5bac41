import type { Figures, GroupFigures } from './tally.js';

/** The present phase of a run. */
export type Phase = 'publishing' | 'waiting for the rest' | 'done';

const count = (value: number): string => value.toLocaleString('en-US');

const span = (ms: number | null): string =>
  ms === null
    ? '–'
    : ms < 1_000
      ? `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
      : `${(ms / 1_000).toFixed(1)} s`;

/** A bar of `width` characters. */
function bar(share: number, width = 24): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}

/** The progress of a run for people. @param seconds since the run began, out of `ofSeconds` of publishing. */
export function progressLines(figures: Figures, phase: Phase, seconds: number, ofSeconds: number): string[] {
  const { published, accepted, refused, groups } = figures;
  const rate = published / Math.max(0.001, Math.min(seconds, ofSeconds));
  const refusals = Object.entries(refused).map(([status, events]) => `${count(events)} × ${status}`);
  return [
    `${bar(seconds / ofSeconds)} ${Math.floor(seconds)} s, ${phase}`,
    `events    ${count(published)} published (${rate.toFixed(rate < 10 ? 1 : 0)}/s), ${count(accepted)} accepted` +
      (refusals.length > 0 ? `, refused: ${refusals.join(', ')}` : ''),
    ...groups.map(groupLine),
  ];
}

function groupLine({
  group,
  endpoints,
  expected,
  arrived,
  repeated,
  p50,
  p99,
  longest,
}: GroupFigures): string {
  return (
    `${group.padEnd(9)} ${endpoints} ${endpoints === 1 ? 'endpoint' : 'endpoints'}: ` +
    `${count(arrived)} of ${count(expected)} arrived` +
    (repeated > 0 ? `, ${count(repeated)} again` : '') +
    `; p50 ${span(p50)}, p99 ${span(p99)}, longest ${span(longest)}`
  );
}
