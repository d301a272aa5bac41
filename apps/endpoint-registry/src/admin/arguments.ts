import { isUuid, type Scope, SCOPES } from '@skillora/contracts';
import { parseDuration } from '@skillora/operability';
import { timeParameter } from '@skillora/rest';
import { InvalidArgumentError } from 'commander';

import { MOST_ENDPOINTS } from '../settings.js';

const MAX_NAME = 200;
const TEN_YEARS_MS = 3_652 * 86_400_000;

/** A name for people: one line, 1 to 200 characters. */
export function nameArgument(text: string): string {
  const name = text.trim();
  if (name === '' || name.length > MAX_NAME || /\p{Cc}/u.test(name) || !name.isWellFormed()) {
    throw new InvalidArgumentError(
      `It must have 1 to ${MAX_NAME} characters, none of them a control character.`,
    );
  }
  return name;
}

export function uuidArgument(text: string): string {
  if (!isUuid(text)) throw new InvalidArgumentError('It must be a UUID.');
  return text.toLowerCase();
}

/** Scopes, comma-separated, or `all`. */
export function scopesArgument(text: string): Scope[] {
  if (text === 'all') return [...SCOPES];
  const words = text.split(',').map((word) => word.trim());
  const scopes = SCOPES.filter((scope) => words.includes(scope));
  const unknown = words.filter((word) => !SCOPES.some((scope) => scope === word));
  if (unknown.length > 0) {
    throw new InvalidArgumentError(`Each must be one of ${SCOPES.join(', ')}; or all of them: all.`);
  }
  return scopes;
}

/** A time, ISO 8601. */
export function timeArgument(text: string): Date {
  try {
    return timeParameter(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** How many endpoints an organisation can have, or `default`. */
export function endpointLimitArgument(text: string): number | 'default' {
  if (text === 'default') return text;
  const limit = Number(text);
  if (!/^\d{1,6}$/.test(text) || limit > MOST_ENDPOINTS) {
    throw new InvalidArgumentError(
      `It must be a whole number from 0 to ${MOST_ENDPOINTS}, or default for the value of MAX_ENDPOINTS.`,
    );
  }
  return limit;
}

/** A rate per second. */
export function rateArgument(text: string): number {
  const rate = Number(text);
  if (!/^\d{1,4}$/.test(text) || rate < 1 || rate > 1_000) {
    throw new InvalidArgumentError('It must be a whole number from 1 to 1000.');
  }
  return rate;
}

/** A duration from now on, as the time when it ends. */
export function expiresInArgument(text: string, now: Date = new Date()): Date {
  const ms = parseDuration(text);
  if (ms === null || ms === 0 || ms > TEN_YEARS_MS) {
    throw new InvalidArgumentError('It must be a duration such as 30m, 12h or 90d, at most ten years.');
  }
  return new Date(now.getTime() + ms);
}

export function expiresAtArgument(text: string, now: Date = new Date()): Date {
  const time = timeArgument(text);
  if (time <= now) throw new InvalidArgumentError('It must lie in the future.');
  return time;
}
