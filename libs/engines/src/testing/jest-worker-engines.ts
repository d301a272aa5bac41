/**
 * One of Jest's setupFiles, used with `jest-global-setup`: gives a test file the engines of its worker in
 * TEST_KAFKA_BROKERS (comma-separated) and TEST_DATABASE_URL. Tests create their own databases there.
 */
const worker = process.env['JEST_WORKER_ID'] ?? '1';
for (const name of ['TEST_KAFKA_BROKERS', 'TEST_DATABASE_URL']) {
  const own = process.env[`${name}_${worker}`];
  if (own !== undefined) process.env[name] = own;
}
