import './jest-global-setup.js';

export default async function tearDown(): Promise<void> {
  await globalThis.skilloraStack?.stop();
  globalThis.skilloraStack = undefined;
}
