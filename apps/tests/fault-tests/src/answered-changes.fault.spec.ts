import { setTimeout as delay } from 'node:timers/promises';

import { ExtraDispatcher, Operator, RunningStack, type StackAddress } from '@skillora/running-stack';

import { ChangingCustomer } from './changing-customer.js';
import { MarkedArrivals } from './marked-arrivals.js';
import { SystemPart } from './system-part.js';

const CUSTOMERS = 6;
/** Of each customer, in each of three parts; a round has six changes. */
const ROUNDS = process.env['FAULT_TESTS'] === 'short' ? 2 : 30;
/** How long the dispatcher stands still, and how long it works between, ms. */
const STILL_MS = 40;
const WORK_MS = 60;

const SETTINGS = {
  ALLOW_HTTP_TARGETS: 'true',
  ALLOWED_TARGET_CIDRS: '127.0.0.0/8',
  ONE_HOP: 'true',
  RATE_LIMIT: '5000',
};

describe('a change of an endpoint, with one hop', () => {
  let stack: RunningStack;
  let arrivals: MarkedArrivals;
  const toStop: { stop(): unknown }[] = [];
  beforeAll(async () => {
    toStop.push((arrivals = await MarkedArrivals.start()));
    toStop.push((stack = await RunningStack.start(SETTINGS)));
  });
  afterAll(async () => {
    for (const each of toStop) await each.stop();
  });

  it('counts for each event accepted after its answer, while instances stand still, join and leave', async () => {
    const customers = await Promise.all(
      Array.from({ length: CUSTOMERS }, async (_, index) => {
        const address = await organization(stack.address, `customer ${index}`);
        return ChangingCustomer.join(address, arrivals, String(index));
      }),
    );
    const rounds = async (): Promise<void> => {
      for (let round = 0; round < ROUNDS; round += 1) {
        await Promise.all(customers.map((customer) => customer.round()));
      }
    };
    const pauses = new Pauses(new SystemPart(stack.address, 'dispatcher'));
    try {
      await rounds();
      const [other] = await Promise.all([ExtraDispatcher.start(stack.address.dataDir, SETTINGS), rounds()]);
      const [code] = await Promise.all([other.end('SIGTERM'), rounds()]);
      expect(code).toBe(0);
    } finally {
      await pauses.end();
    }
    const changes = customers.reduce((sum, each) => sum + each.changes, 0);
    process.stdout.write(`${changes} changes of endpoints, each with an event behind its answer\n`);
    expect(changes).toBe(CUSTOMERS * ROUNDS * 3 * 6);
    expect(customers.flatMap(({ wronglyDelivered }) => wronglyDelivered)).toEqual([]);
  });
});

/**
 * A process stands still for a moment, again and again. What changed meanwhile and what was published meanwhile then
 * come to it at the same time.
 */
class Pauses {
  private isOver = false;
  private readonly running: Promise<void>;

  constructor(private readonly part: SystemPart) {
    this.running = this.run();
  }

  async end(): Promise<void> {
    this.isOver = true;
    await this.running;
  }

  private async run(): Promise<void> {
    const { pid } = this.part;
    if (pid === undefined) throw new Error(`${this.part.name} does not run`);
    while (!this.isOver) {
      process.kill(pid, 'SIGSTOP');
      await delay(STILL_MS);
      process.kill(pid, 'SIGCONT');
      await delay(WORK_MS);
    }
  }
}

/** An organisation of its own. @returns the address with its token. */
async function organization(address: StackAddress, name: string): Promise<StackAddress> {
  const operator = new Operator(address);
  const organizationId = await operator.organization(name);
  const { token } = await operator.token(organizationId);
  return { ...address, organizationId, token };
}
