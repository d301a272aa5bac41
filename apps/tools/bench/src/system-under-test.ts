import { EndpointRegistration, EventPublisher, Receivers } from '@skillora/load';
import { RunningStack } from '@skillora/running-stack';

import { cpuTimeOfTree } from './cpu-time.js';

/** A whole system for one scenario, with a producer, and customers' servers in their own process. */
export class SystemUnderTest {
  readonly registration: EndpointRegistration;
  /** The endpoints registered so far, in the order of their registration. */
  readonly endpointIds: string[] = [];

  private constructor(
    readonly stack: RunningStack,
    readonly publisher: EventPublisher,
    readonly receivers: Receivers,
  ) {
    this.registration = new EndpointRegistration(stack.address.api, stack.address.token);
  }

  static async start(receivers: number, settings: Record<string, string> = {}): Promise<SystemUnderTest> {
    const stack = await RunningStack.start({
      ALLOW_HTTP_TARGETS: 'true',
      ALLOWED_TARGET_CIDRS: '127.0.0.0/8',
      // Here all receivers are on one host; in production each customer has its own.
      HOST_CONCURRENCY: '10000',
      // One organisation represents all customers.
      MAX_ENDPOINTS: '100000',
      ...settings,
    });
    const { brokers, organizationId } = stack.address;
    return new SystemUnderTest(
      stack,
      await EventPublisher.connect(brokers, organizationId),
      await Receivers.start(receivers),
    );
  }

  /** Registers these receivers for completed interviews. */
  async register(receivers: readonly number[]): Promise<void> {
    for (const receiver of receivers) {
      this.endpointIds.push(await this.registration.register(this.receivers.urls[receiver] ?? '', 'bench'));
    }
  }

  /** What its parts have used so far, see {@link cpuTimeOfTree}. */
  cpuTime(): Map<string, number> | null {
    const { pid } = this.stack;
    return pid === undefined ? null : cpuTimeOfTree(pid);
  }

  async stop(): Promise<void> {
    await this.publisher.disconnect();
    await this.stack.stop();
    this.receivers.stop();
  }
}
