import { readFileSync } from 'node:fs';

import { Hopeless } from './problems.js';

/** Holds the token, so that it is in no list of processes and in no history of a shell. */
export const TOKEN_VARIABLE = 'SKILLORA_API_TOKEN';

/** How the command was called, as text. */
export interface GivenOptions {
  readonly forward: string;
  readonly api: string;
  readonly endpoint?: string;
  readonly tokenFile?: string;
}

/** What to listen to, and where to forward. */
export interface Options {
  readonly forward: URL;
  /** Where the API is, without `/api/v1/`. */
  readonly api: URL;
  readonly token: string;
  /** Null: the only endpoint of the organisation. */
  readonly endpoint: string | null;
}

/** @throws {Hopeless} naming the option that cannot be used, and its rule. */
export function readOptions(given: GivenOptions, env: NodeJS.ProcessEnv): Options {
  return {
    forward: httpUrl('--forward', given.forward),
    api: httpUrl('--api', given.api),
    token: readToken(given.tokenFile, env),
    endpoint: given.endpoint ?? null,
  };
}

function httpUrl(option: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new Hopeless(`${option} must be an http or https URL, for example http://localhost:3000/hook`, 2);
  }
  if (url.username !== '' || url.password !== '') {
    throw new Hopeless(`${option} must be a URL without a user name and password`, 2);
  }
  return url;
}

function readToken(file: string | undefined, env: NodeJS.ProcessEnv): string {
  const text = file === undefined ? (env[TOKEN_VARIABLE] ?? '') : readFile(file);
  const token = text.trim();
  if (token === '') {
    throw new Hopeless(
      file === undefined
        ? `no API token: set ${TOKEN_VARIABLE} to a token with the scope deliveries:read, or name a file with --token-file`
        : `--token-file names a file that is empty: ${file}`,
      2,
    );
  }
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new Hopeless('the API token must be one word of printable ASCII', 2);
  return token;
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code = 'no reason was given' } = error as NodeJS.ErrnoException;
    throw new Hopeless(`--token-file names a file that cannot be read (${code}): ${path}`, 2);
  }
}
