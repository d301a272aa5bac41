import './jest-global-setup.js';

/** Jest's globalTeardown beside `jest-global-setup`. */
export default async function tearDown(): Promise<void> {
  await Promise.all((globalThis.skilloraTestEngines ?? []).map((engines) => engines.stop()));
  globalThis.skilloraTestEngines = undefined;
}
