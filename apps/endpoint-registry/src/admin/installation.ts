import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Where `npm start` writes down what its services run with, in its data folder. */
const ENVIRONMENT_FILE = 'environment.json';
/** What tells one installation from another. */
const PLACES = ['DATABASE_URL', 'KAFKA_BROKERS'];

/**
 * The environment that reaches the installation meant: the one given, filled up with that of the local stack in
 * `DATA_DIR` (default `.data`), unless the one given names another database or cluster.
 */
export function installationEnvironment(given: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const dataDir = given['DATA_DIR'] === '' ? undefined : given['DATA_DIR'];
  const local = readEnvironment(join(resolve(dataDir ?? '.data'), ENVIRONMENT_FILE));
  // What the local stack knows is not given by being empty; everything else is read as it is.
  const set = Object.fromEntries(
    Object.entries(given).filter(
      ([name, value]) => value !== '' || !(name in local || PLACES.includes(name)),
    ),
  );
  const another = PLACES.some((place) => set[place] !== undefined && set[place] !== local[place]);
  return another ? set : { ...local, ...set };
}

function readEnvironment(file: string): Record<string, string> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  return JSON.parse(text) as Record<string, string>;
}
