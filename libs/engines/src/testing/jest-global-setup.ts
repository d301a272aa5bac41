import { startTestEngines, type TestEngines } from '../test-engines.js';

declare global {
  var skilloraTestEngines: TestEngines | undefined;
}

/**
 * Jest's globalSetup for tests that need the engines: starts one broker and one database for the whole run.
 * Tests find them in TEST_KAFKA_BROKERS (comma-separated) and TEST_DATABASE_URL. They create their own
 * databases, and give topics and groups unique names. Jest runs this only when there are tests to run.
 */
export default async function setUp(): Promise<void> {
  const engines = await startTestEngines();
  globalThis.skilloraTestEngines = engines;
  process.env['TEST_KAFKA_BROKERS'] = engines.brokers.join(',');
  process.env['TEST_DATABASE_URL'] = engines.databaseUrl;
}
