import { readFileSync } from 'node:fs';

import { parseDuration } from './duration.js';

/** Reads one setting's text into its value, or throws an Error whose message states the rule it broke. */
export type SettingReader<T> = (text: string) => T;

/** One environment variable: its name, how to read it, and the text that stands when it is not set. */
export interface Setting<T> {
  readonly variable: string;
  readonly read: SettingReader<T>;
  /** Undefined when the setting must be given. */
  readonly fallback: string | undefined;
}

/** One or more settings that are missing or bad; the message is one clear line. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** Declares a setting. Without a `fallback` it must be given. */
export function setting<T>(variable: string, read: SettingReader<T>, fallback?: string): Setting<T> {
  return { variable, read, fallback };
}

/**
 * Reads every declared setting from `env`; an empty variable counts as not set. Where it is not set, `<variable>_FILE` may
 * name a file that holds its value, as secrets of containers are mounted.
 * @throws {SettingsError} naming every variable that is missing or bad, its rule, and never a value (it may be secret).
 */
export function readSettings<S extends Record<string, Setting<unknown>>>(
  declared: S,
  env: NodeJS.ProcessEnv = process.env,
): { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never } {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [key, { variable, read, fallback }] of Object.entries(declared)) {
    let text: string | undefined;
    try {
      text = given(variable, env) ?? fallback;
    } catch (error) {
      problems.push(`${variable}${FILE_SUFFIX} ${(error as Error).message}`);
      continue;
    }
    if (text === undefined) {
      problems.push(`${variable} is not set`);
      continue;
    }
    try {
      values[key] = read(text);
    } catch (error) {
      problems.push(`${variable} ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (problems.length > 0) throw new SettingsError(`bad settings: ${problems.join('; ')}`);
  return values as ReturnType<typeof readSettings<S>>;
}

const FILE_SUFFIX = '_FILE';

/** The value of a variable, from the environment or the file that it names; undefined when there is neither. */
function given(variable: string, env: NodeJS.ProcessEnv): string | undefined {
  const value = env[variable];
  if (value !== undefined && value !== '') return value;
  const path = env[variable + FILE_SUFFIX];
  if (path === undefined || path === '') return undefined;
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new Error(
      `names a file that cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`,
    );
  }
}

/** Any text. */
export const text: SettingReader<string> = (value) => value;

/** A TCP port, 0 meaning any free one. */
export const port: SettingReader<number> = (value) => {
  const number = Number(value);
  if (!/^\d{1,5}$/.test(value) || number > 65_535) throw new Error('must be a port number from 0 to 65535');
  return number;
};

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): SettingReader<number> {
  return (value) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < min || number > max) {
      throw new Error(`must be a whole number from ${min} to ${max}`);
    }
    return number;
  };
}

/** `true` or `false`. */
export const flag: SettingReader<boolean> = (value) => {
  if (value !== 'true' && value !== 'false') throw new Error('must be true or false');
  return value === 'true';
};

/** A duration in milliseconds, at least `minMs` and at most `maxMs`. */
export function duration(minMs: number, maxMs: number): SettingReader<number> {
  return (value) => {
    const ms = parseDuration(value);
    if (ms === null) throw new Error('must be a duration such as 500ms, 30s, 5m or 1h');
    if (ms < minMs || ms > maxMs) throw new Error(`must be from ${minMs} ms to ${maxMs} ms`);
    return ms;
  };
}

/** A comma-separated list, each item read by `read`; an empty text is an empty list. */
export function list<T>(read: SettingReader<T>): SettingReader<T[]> {
  return (value) =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '')
      .map(read);
}

/** One of the given words. */
export function oneOf<const T extends string>(...words: readonly T[]): SettingReader<T> {
  return (value) => {
    const word = words.find((candidate) => candidate === value);
    if (word === undefined) throw new Error(`must be one of ${words.join(', ')}`);
    return word;
  };
}

/** The content of a file in PEM, named by its path; an empty text for no file. */
export const pemFile: SettingReader<string> = (path) => {
  if (path === '') return '';
  const rule = 'must be the path of a file in PEM:';
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`${rule} it cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
  if (!content.includes('-----BEGIN ')) throw new Error(`${rule} it is not PEM`);
  return content;
};

/** The origin of a page, as browsers send it: scheme, host and port, no path. */
export const webOrigin: SettingReader<string> = (value) => {
  if (!URL.canParse(value) || !/^https?:/.test(value) || new URL(value).origin !== value) {
    throw new Error('must be origins such as https://dashboard.example.com, without a path');
  }
  return value;
};
