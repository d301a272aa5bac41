import { Operator, RunningStack, type StackAddress } from '@skillora/running-stack';

declare global {
  var skilloraStack: RunningStack | undefined;
}

/** Short enough for a test to see a whole schedule, long enough to tell its delays apart. */
const TEST_SETTINGS = {
  RETRY_DELAYS: '1s,2s,3s',
  EXTENDED_RETRY_DELAYS: '1s,4s,3s,2s,1s',
  // Receivers share a process with their test, so on a busy machine an answer may take seconds.
  DELIVERY_TIMEOUT: '10s',
  ALLOW_HTTP_TARGETS: 'true',
  ALLOWED_TARGET_CIDRS: '127.0.0.0/8',
};

/**
 * Starts the stack for the end-to-end tests; other tests here do not need it. Specs that run at the same time
 * share the stack. Each worker of the run gets its own organisation, because specs count what theirs has.
 */
export default async function setUp(
  { maxWorkers }: { readonly maxWorkers: number },
  { testRegex }: { readonly testRegex: readonly (string | RegExp)[] },
): Promise<void> {
  if (!testRegex.some((pattern) => String(pattern).includes('e2e'))) return;
  const stack = await RunningStack.start(TEST_SETTINGS);
  globalThis.skilloraStack = stack;
  try {
    const workers = Array.from({ length: maxWorkers }, (_, index) => customerOf(stack.address, index + 1));
    process.env['STACK_ADDRESS'] = JSON.stringify(stack.address);
    process.env['STACK_CUSTOMERS'] = JSON.stringify(await Promise.all(workers));
  } catch (error) {
    // Jest runs no teardown after a setup that failed.
    await stack.stop();
    throw error;
  }
}

async function customerOf(
  address: StackAddress,
  worker: number,
): Promise<Pick<StackAddress, 'organizationId' | 'token'>> {
  const operator = new Operator(address);
  const organizationId = await operator.organization(`Worker ${worker}`);
  const { token } = await operator.token(organizationId);
  return { organizationId, token };
}
