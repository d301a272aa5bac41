import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The file in the data folder in which `npm start` stores the environment of its services. */
const ENVIRONMENT_FILE = 'environment.json';
/** The variables that distinguish one installation from another. */
const PLACES = ['DATABASE_URL', 'KAFKA_BROKERS'];

/**
 * The environment for the intended installation. It is the given environment, completed with that of the
 * local stack in `DATA_DIR` (default `.data`), unless the given one names another database or cluster.
 */
export function installationEnvironment(given: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const dataDir = given['DATA_DIR'] === '' ? undefined : given['DATA_DIR'];
  const local = readEnvironment(join(resolve(dataDir ?? '.data'), ENVIRONMENT_FILE));
  // A variable of the local stack counts as not given when it is empty; all other variables are read as they
  // are.
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
