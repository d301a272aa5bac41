import { setTimeout as delay } from 'node:timers/promises';

import type { Logger } from '@skillora/operability';

import type { RebalanceListener } from './batch-transport-options.js';

/** The longest time that the group waits for an instance to finish its work before a rebalance. */
const DRAIN_MS = 1_000;
/**
 * The group may wait longer than that for a member that was killed. Partitions that do not move must not be
 * affected, so work continues after this time.
 */
const HELD_MS = 1_800;

/**
 * Finishes work before the group is joined again, so that the next owners of the partitions do not repeat it.
 */
export class GracefulRebalance {
  /** Runs while no work is begun because the group rebalances. */
  private held: NodeJS.Timeout | null = null;

  /** @param commit commits what is processed. */
  constructor(
    private readonly options: RebalanceListener | undefined,
    private readonly commit: () => Promise<void>,
    private readonly logger: Logger,
  ) {}

  /** Gives work in progress some time to end and be committed. Never rejects. */
  async begin(): Promise<void> {
    if (this.options) {
      this.stop();
      this.held = setTimeout(() => this.release(), HELD_MS);
      this.held.unref();
    }
    const done = this.finish().catch((error: unknown) =>
      this.logger.warn(
        { err: error },
        'some partitions were not released in order. Other instances may repeat records of these partitions',
      ),
    );
    await Promise.race([done, delay(DRAIN_MS, undefined, { ref: false })]);
  }

  /** The group has formed: work may begin again. */
  end(): void {
    if (this.held) this.release();
    this.options?.formed?.();
  }

  /** Lets the end of the rebalance do nothing. */
  stop(): void {
    if (this.held) clearTimeout(this.held);
  }

  private async finish(): Promise<void> {
    await this.options?.begins();
    await this.commit();
  }

  private release(): void {
    this.stop();
    this.held = null;
    this.options?.released();
  }
}
