import { startTestEngines, type TestEngines } from '../test-engines.js';

declare global {
  var skilloraTestEngines: readonly TestEngines[] | undefined;
}

/**
 * Jest's globalSetup for tests that need the engines: starts a broker and a database for each worker of the
 * run, because specs share the names of topics and consumer groups. `jest-worker-engines` gives each test file
 * the engines of its worker. Jest runs this only when there are tests to run.
 */
export default async function setUp({ maxWorkers }: { readonly maxWorkers: number }): Promise<void> {
  const starting = await Promise.allSettled(Array.from({ length: maxWorkers }, () => startTestEngines()));
  const engines = starting.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  globalThis.skilloraTestEngines = engines;
  for (const each of starting) {
    if (each.status === 'fulfilled') continue;
    // Jest runs no teardown after a setup that failed.
    await Promise.all(engines.map((started) => started.stop()));
    throw each.reason;
  }
  for (const [index, { brokers, databaseUrl }] of engines.entries()) {
    process.env[`TEST_KAFKA_BROKERS_${index + 1}`] = brokers.join(',');
    process.env[`TEST_DATABASE_URL_${index + 1}`] = databaseUrl;
  }
  const [only, ...others] = engines;
  // Where there is one worker there is nothing to tell apart.
  if (!only || others.length > 0) return;
  process.env['TEST_KAFKA_BROKERS'] = only.brokers.join(',');
  process.env['TEST_DATABASE_URL'] = only.databaseUrl;
}
