import { RunningStack } from '@skillora/running-stack';

declare global {
  var skilloraStack: RunningStack | undefined;
}

/** Short enough for a test to see a whole schedule, long enough to tell its delays apart. */
const TEST_SETTINGS = {
  RETRY_DELAYS: '1s,2s,3s',
  DELIVERY_TIMEOUT: '2s',
  ALLOW_HTTP_TARGETS: 'true',
  ALLOWED_TARGET_CIDRS: '127.0.0.0/8',
};

/** Starts the stack for the end-to-end tests; other tests here do not need it. */
export default async function setUp(
  _run: unknown,
  { testRegex }: { readonly testRegex: readonly (string | RegExp)[] },
): Promise<void> {
  if (!testRegex.some((pattern) => String(pattern).includes('e2e'))) return;
  const stack = await RunningStack.start(TEST_SETTINGS);
  globalThis.skilloraStack = stack;
  process.env['STACK_ADDRESS'] = JSON.stringify(stack.address);
}
