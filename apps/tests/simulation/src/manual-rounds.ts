import { type Delivery, type ManualRetry, Topics } from '@skillora/contracts';

import type { Surroundings } from './surroundings.js';

/** One dispatcher's table of manual retries, as far as it has read their topic. */
export class ManualRounds {
  private readonly rounds = new Map<string, number>();
  private position = 0;

  /** @param lagMs how far it is behind, ms. */
  constructor(
    private readonly world: Surroundings,
    private readonly lagMs: number,
  ) {}

  /** True when a later round of the delivery has been asked for. */
  supersedes({ deliveryId, round }: Delivery): boolean {
    this.follow();
    return (this.rounds.get(deliveryId) ?? 0) > round;
  }

  private follow(): void {
    const { kafka, clock } = this.world;
    const log = kafka.log(Topics.manualRetries, 0);
    const until = clock.now - this.lagMs;
    for (let record = log[this.position]; record && record.timestamp <= until; record = log[this.position]) {
      const marker = record.value as ManualRetry;
      this.rounds.set(marker.deliveryId, Math.max(marker.round, this.rounds.get(marker.deliveryId) ?? 0));
      this.position += 1;
    }
  }
}
