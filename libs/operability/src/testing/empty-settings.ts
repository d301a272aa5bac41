import { isDeepStrictEqual } from 'node:util';

import { type Setting, SettingsError } from '../settings.js';

/**
 * How each declared variable behaves when it is set and empty: `refused`, `as not set`, or `another value`.
 * @param read reads all settings.
 * @param needed the values of required settings.
 */
export function meaningsOfEmpty(
  declared: Readonly<Record<string, Setting<unknown>>>,
  read: (env: NodeJS.ProcessEnv) => unknown,
  needed: NodeJS.ProcessEnv = {},
): Record<string, string> {
  const variables = Object.values(declared).map(({ variable }) => variable);
  return Object.fromEntries(variables.map((variable) => [variable, meaning(variable, read, needed)]));
}

function meaning(
  variable: string,
  read: (env: NodeJS.ProcessEnv) => unknown,
  needed: NodeJS.ProcessEnv,
): string {
  try {
    const empty = JSON.stringify(read({ ...needed, [variable]: '' }));
    return isDeepStrictEqual(empty, JSON.stringify(read(needed))) ? 'as not set' : 'another value';
  } catch (error) {
    const isClear =
      error instanceof SettingsError &&
      new RegExp(`^bad settings: ${variable} is [^\n]*empty[^\n]*$`).test(error.message);
    if (isClear) return 'refused';
    throw error;
  }
}
