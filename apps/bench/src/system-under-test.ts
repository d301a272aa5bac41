import { setTimeout as delay } from 'node:timers/promises';

import { EventPublisher, Receivers } from '@skillora/load';
import { RunningStack } from '@skillora/running-stack';

/** A whole system of its own for one scenario, with a producer and customers' servers in a process of their own. */
export class SystemUnderTest {
  private constructor(
    readonly stack: RunningStack,
    readonly publisher: EventPublisher,
    readonly receivers: Receivers,
  ) {}

  static async start(receivers: number, settings: Record<string, string> = {}): Promise<SystemUnderTest> {
    const stack = await RunningStack.start({
      ALLOW_HTTP_TARGETS: 'true',
      ALLOWED_TARGET_CIDRS: '127.0.0.0/8',
      ...settings,
    });
    const { brokers, organizationId } = stack.address;
    return new SystemUnderTest(
      stack,
      await EventPublisher.connect(brokers, organizationId),
      await Receivers.start(receivers),
    );
  }

  /** Registers these receivers for finished interviews. */
  async register(receivers: readonly number[]): Promise<void> {
    const { api, token } = this.stack.address;
    for (const receiver of receivers) {
      for (;;) {
        const response = await fetch(`${api}/api/v1/webhook-endpoints/`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify({
            url: this.receivers.urls[receiver],
            events: ['interview_completed'],
            description: 'bench',
          }),
        });
        const text = await response.text();
        if (response.ok) break;
        if (response.status !== 429) throw new Error(`no endpoint: ${response.status} ${text}`);
        await delay(1_000);
      }
    }
  }

  async stop(): Promise<void> {
    await this.publisher.disconnect();
    await this.stack.stop();
    this.receivers.stop();
  }
}
