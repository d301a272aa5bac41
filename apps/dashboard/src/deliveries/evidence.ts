import type { Attempt, Timings } from '../api/types.js';
import { duration } from '../parts/format.js';

const PHASES: readonly (readonly [keyof Timings, string])[] = [
  ['dns', 'Name'],
  ['connect', 'Connection'],
  ['tls', 'TLS'],
  ['first_byte', 'First byte'],
];

/** A name and a value in words. */
export type Fact = readonly [name: string, value: string];

/**
 * What is known of how an attempt went, and of what is not known, why. A phase that did not take place is left
 * out.
 * @returns null of an attempt from before this was recorded.
 */
export function evidenceOf(attempt: Attempt): readonly Fact[] | null {
  const { url, remote_address, endpoint_version, signed_with, timings_ms } = attempt;
  if (timings_ms === null) return null;
  return [
    ['URL', url ?? 'Not known, or your token lacks the scope endpoints:read'],
    ['Address', remote_address ?? 'None was reached'],
    ['Endpoint’s version', endpoint_version === null ? 'Not known' : String(endpoint_version)],
    ['Signed with', signed_with ? `${signed_with.join(', ')} (fingerprint)` : 'Nothing was signed'],
    ...phases(timings_ms),
  ];
}

function phases(timings: Timings): Fact[] {
  const isUsedAgain = timings.connect === null && timings.first_byte !== null;
  return PHASES.flatMap(([phase, name]): Fact[] => {
    if (phase === 'connect' && isUsedAgain) return [[name, 'an open one was used again']];
    return timings[phase] === null ? [] : [[name, duration(timings[phase])]];
  });
}
