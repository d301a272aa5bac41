import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { endWithParent } from './parent-leash.js';

const POM = fileURLToPath(new URL('../pom.xml', import.meta.url));
const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/kafka', import.meta.url));
const PROGRESS_EVERY_MS = 2_000;
const MAVEN_PATIENCE_MS = 2_000;

/** The version of Kafka that the embedded broker is, as `pom.xml` says. */
export async function kafkaVersion(): Promise<string> {
  const version = /<kafka\.version>([^<]+)</.exec(await readFile(POM, 'utf8'))?.[1];
  if (version === undefined) throw new Error(`${POM} names no kafka.version`);
  return version;
}

/** True when nothing has to be downloaded, so Maven is not needed. */
export async function brokerJarsPresent(): Promise<boolean> {
  return existsSync(join(CACHE, await kafkaVersion()));
}

/**
 * The folder with the broker's jars, downloaded from Maven Central the first time (about 45 MB). The folder
 * gets its name only when it is complete; of several downloads at once, the first to finish is used.
 * @throws when Maven fails, with its message.
 */
export async function brokerJars(onProgress: (line: string) => void): Promise<string> {
  const version = await kafkaVersion();
  const folder = join(CACHE, version);
  if (existsSync(folder)) return folder;

  const partial = join(CACHE, `.${version}-${process.pid}-${randomBytes(4).toString('hex')}`);
  await mkdir(dirname(partial), { recursive: true });
  onProgress(`fetching Kafka ${version} from Maven Central, once (some 45 MB)`);
  try {
    await copyDependencies(partial, onProgress);
    await rename(partial, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return folder;
}

function copyDependencies(target: string, onProgress: (line: string) => void): Promise<void> {
  const maven = spawn(
    'mvn',
    [
      '-B',
      '-f',
      POM,
      'dependency:copy-dependencies',
      '-DincludeScope=runtime',
      `-DoutputDirectory=${target}`,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], cwd: dirname(POM) },
  );
  const letGo =
    maven.pid === undefined ? () => undefined : endWithParent(maven.pid, 'SIGTERM', MAVEN_PATIENCE_MS);
  const said: string[] = [];
  let fetched = 0;
  let lastProgress = Date.now();
  for (const source of [maven.stdout, maven.stderr]) {
    createInterface({ input: source }).on('line', (line) => {
      if (line.includes('Downloading from')) return;
      if (!line.includes('Downloaded from')) {
        said.push(line);
        return;
      }
      fetched += 1;
      if (Date.now() - lastProgress < PROGRESS_EVERY_MS) return;
      lastProgress = Date.now();
      onProgress(`fetching Kafka: ${fetched} files so far`);
    });
  }
  return new Promise((resolve, reject) => {
    maven.once('error', (error) => {
      letGo();
      reject(new Error(`Maven cannot be run: ${error.message}`));
    });
    maven.once('close', (code) => {
      letGo();
      if (code === 0) {
        resolve();
        return;
      }
      const reasons = said.filter((line) => line.includes('ERROR')).slice(0, 3);
      reject(new Error(`Maven could not fetch Kafka (exit code ${code ?? 'unknown'}): ${reasons.join(' ')}`));
    });
  });
}
