import { readFileSync } from 'node:fs';

import { parseDuration } from './duration.js';

/**
 * Reads one setting's text into its value, or throws an Error whose message states the rule that it broke.
 */
export type SettingReader<T> = (text: string) => T;

/**
 * The meaning of a variable that is set to an empty text. `value`: it is read like any other text, for
 * example as an empty list. `unset`: it counts as not set, where not set means none, or where a specification
 * says so. `refused`: it is an error, because it has no meaning.
 */
export type WhenEmpty = 'value' | 'unset' | 'refused';

/** One environment variable: its name, how to read it, and its default text. */
export interface Setting<T> {
  readonly variable: string;
  readonly read: SettingReader<T>;
  /** Undefined when the setting is required. */
  readonly fallback: string | undefined;
  readonly whenEmpty: WhenEmpty;
}

/** One or more settings are missing or bad; the message is one clear line. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/**
 * Declares a setting. Without a `fallback` it is required. An empty text is refused, unless the fallback is
 * empty too or `whenEmpty` says otherwise: an empty text never stands for a default with a value.
 */
export function setting<T>(
  variable: string,
  read: SettingReader<T>,
  fallback?: string,
  whenEmpty: WhenEmpty = fallback === '' ? 'value' : 'refused',
): Setting<T> {
  return { variable, read, fallback, whenEmpty };
}

/**
 * Reads every declared setting from `env`. If one is not set, `<variable>_FILE` may name a file that holds
 * its value, as containers mount secrets.
 * @throws {SettingsError} naming every variable that is missing or bad and its rule, but never a value (it
 * may be secret).
 */
export function readSettings<S extends Record<string, Setting<unknown>>>(
  declared: S,
  env: NodeJS.ProcessEnv = process.env,
): { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never } {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [key, declaration] of Object.entries(declared)) {
    try {
      values[key] = readSetting(declaration, env);
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  if (problems.length > 0) throw new SettingsError(`bad settings: ${problems.join('; ')}`);
  return values as ReturnType<typeof readSettings<S>>;
}

/** @throws {Error} whose message names the variable and the rule. */
function readSetting(
  { variable, read, fallback, whenEmpty }: Setting<unknown>,
  env: NodeJS.ProcessEnv,
): unknown {
  let text = givenText(variable, env) ?? fallback;
  if (text === '' && whenEmpty === 'unset') text = fallback;
  if (text === undefined) throw new Error(`${variable} is not set`);
  if (text === '' && whenEmpty === 'refused') throw new Error(emptyProblem(variable, fallback));
  try {
    return read(text);
  } catch (error) {
    throw new Error(`${variable} ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** Why a variable may not be set and empty, as a part of a sentence that names it. */
function emptyProblem(variable: string, fallback: string | undefined): string {
  return fallback === undefined
    ? `${variable} is empty, and must be given`
    : `${variable} is set and empty; unset it for its default, or give a value`;
}

const FILE_SUFFIX = '_FILE';

/**
 * The text of a variable, from the environment or from the file in `<variable>_FILE`; undefined when neither
 * is set. If the variable is empty and there is such a file, the file counts.
 * @throws {Error} when the file cannot be read.
 */
export function givenText(variable: string, env: NodeJS.ProcessEnv): string | undefined {
  const value = env[variable];
  if (value !== undefined && value !== '') return value;
  const path = env[variable + FILE_SUFFIX];
  if (path === undefined) return value;
  if (path === '') throw new Error(`${variable}${FILE_SUFFIX} is set and empty; unset it, or name a file`);
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new Error(`${variable}${FILE_SUFFIX} names a file that cannot be read (${code})`, { cause: error });
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

/** Whether a variable is set, itself or by a file; an empty one without a file counts as set. */
export function isGiven(variable: string, env: NodeJS.ProcessEnv): boolean {
  return env[variable] !== undefined || env[variable + FILE_SUFFIX] !== undefined;
}

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
    if (ms === null) throw new Error('must be a duration, for example 500ms, 30s, 5m, 1h or 5d');
    if (ms < minMs || ms > maxMs) throw new Error(`must be from ${minMs} ms to ${maxMs} ms`);
    return ms;
  };
}

/** A comma-separated list of `atLeast` items or more, each read by `read`; an empty text is an empty list. */
export function list<T>(read: SettingReader<T>, atLeast = 0): SettingReader<T[]> {
  return (value) => {
    const items = value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
    if (items.length < atLeast) throw new Error('must be a comma-separated list of one or more');
    return items.map(read);
  };
}

/** One of the given words. */
export function oneOf<const T extends string>(...words: readonly T[]): SettingReader<T> {
  return (value) => {
    const word = words.find((candidate) => candidate === value);
    if (word === undefined) throw new Error(`must be one of ${words.join(', ')}`);
    return word;
  };
}

/** The content of a PEM file, named by its path; an empty text for no file. */
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
