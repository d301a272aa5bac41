import { RunningStack } from '@skillora/running-stack';

declare global {
  var skilloraStack: RunningStack | undefined;
}

/** Short enough that a test sees a whole schedule, long enough to tell its delays apart. */
const TEST_SETTINGS = {
  RETRY_DELAYS: '1s,2s,3s',
  DELIVERY_TIMEOUT: '2s',
  ALLOW_HTTP_TARGETS: 'true',
  ALLOWED_TARGET_CIDRS: '127.0.0.0/8',
};

export default async function setUp(): Promise<void> {
  const stack = await RunningStack.start(TEST_SETTINGS);
  globalThis.skilloraStack = stack;
  process.env['STACK_ADDRESS'] = JSON.stringify(stack.address);
}
