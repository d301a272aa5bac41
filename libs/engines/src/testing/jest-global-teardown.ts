import './jest-global-setup.js';

/** Jest's globalTeardown beside `jest-global-setup`. */
export default async function tearDown(): Promise<void> {
  await globalThis.skilloraTestEngines?.stop();
  globalThis.skilloraTestEngines = undefined;
}
