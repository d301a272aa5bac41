import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The oldest Java that Kafka 4 brokers run on (KIP-1013). */
export const MINIMUM_JAVA = 17;

/** The `java` that is used: that of JAVA_HOME, else the first on the PATH. */
export function javaCommand(env: NodeJS.ProcessEnv = process.env): string {
  const home = env['JAVA_HOME'];
  return home === undefined || home === '' ? 'java' : join(home, 'bin', 'java');
}

/** The feature release (17, 21, …) of this Java; null when there is none that runs. */
export async function javaVersion(): Promise<number | null> {
  try {
    const { stderr, stdout } = await run(javaCommand(), ['-version'], { timeout: 20_000 });
    return parseJavaVersion(stderr + stdout);
  } catch {
    return null;
  }
}

/** Reads the feature release from the output of `java -version`; up to Java 8 that was `1.8.0`. */
export function parseJavaVersion(text: string): number | null {
  const match = /version "(?:1\.)?(\d+)/.exec(text);
  return match ? Number(match[1]) : null;
}

/** True when Maven can be run. */
export async function hasMaven(): Promise<boolean> {
  try {
    await run('mvn', ['--version'], { timeout: 30_000 });
    return true;
  } catch {
    return false;
  }
}
