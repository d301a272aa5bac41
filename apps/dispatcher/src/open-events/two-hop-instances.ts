import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Topics } from '@skillora/contracts';
import {
  AdminOnDemand,
  committedOffsets,
  KAFKA,
  partitionKey,
  type UnitSurroundings,
  type WindowCommit,
} from '@skillora/kafka';
import { LOGGER, type Logger, withinTime } from '@skillora/operability';
import type { Kafka } from 'kafkajs';

import { FAN_OUT_GROUP } from '../fan-out/fan-out.controller.js';
import { isRetryTopic, RETRY_GROUP } from '../retry/retry.controller.js';
import { Coexistence } from './coexistence.js';

/** The groups in which instances with two hops read events and retries. */
const TWO_HOP_GROUPS = [FAN_OUT_GROUP, RETRY_GROUP];

/** How long an answer about these groups may take, ms. */
const ANSWER_LIMIT_MS = 5_000;

/**
 * Knows whether instances with two hops are there, and lets this one join its group anew when that changes, see
 * {@link Coexistence}.
 */
@Injectable()
export class TwoHopInstances implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly coexistence = new Coexistence();
  private admin: AdminOnDemand;
  /** How many were there at the last answer; null before the first one. */
  private known: number | null = null;
  private joinAnew: () => void = () => undefined;
  private timer: NodeJS.Timeout | null = null;
  private isEnded = false;

  constructor(
    @Inject(KAFKA) private readonly kafka: Kafka,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.admin = new AdminOnDemand(kafka);
  }

  /** @param joinAnew lets this instance name other topics to its group. */
  changes(joinAnew: () => void): void {
    this.joinAnew = joinAnew;
  }

  /** Whether this instance names a topic of its transport to its group now. */
  names(topic: string): boolean {
    return this.coexistence.namesAll || !(topic === Topics.events || isRetryTopic(topic));
  }

  /** Asks for the first time before this instance joins its group, so that it need not join twice. */
  async onApplicationBootstrap(): Promise<void> {
    await this.askAndPlan();
  }

  /** The members of the group change. */
  shaken(): void {
    this.coexistence.shaken(performance.now());
    this.plan();
  }

  /**
   * Asks now. @returns whether none is there.
   * @throws {Error} when there is no answer.
   */
  async isGone(): Promise<boolean> {
    const groups = await this.describe();
    // Each of them is a member of both groups.
    const others = Math.max(...groups.map(({ members }) => members.length));
    const isChanged = this.coexistence.heard(others, performance.now());
    this.tell(others);
    if (isChanged) this.joinAnew();
    return others === 0;
  }

  /**
   * Where to read on according to commits, for a unit of whose events the ledger knows nothing: where instances with
   * two hops were, or those with one, whichever came further.
   */
  async furthest(
    unit: number,
    { committed }: Pick<UnitSurroundings, 'committed'>,
  ): Promise<ReadonlyMap<string, WindowCommit>> {
    const positions = new Map(await committed());
    const commits = await committedOffsets(await this.admin.get(), FAN_OUT_GROUP, [Topics.events]);
    const inTwoHops = commits.get(partitionKey(Topics.events, unit));
    const own = positions.get(Topics.events);
    if (inTwoHops && (!own || inTwoHops.offset > own.offset)) positions.set(Topics.events, inTwoHops);
    return positions;
  }

  async onApplicationShutdown(): Promise<void> {
    this.isEnded = true;
    if (this.timer) clearTimeout(this.timer);
    await this.admin.disconnect();
  }

  /**
   * kafkajs asks the broker that it has found once, for as long as it takes, also if the groups have moved to another. So
   * a question without an answer ends with its client, and the next one looks for the broker anew.
   */
  private async describe(): Promise<readonly { readonly members: readonly unknown[] }[]> {
    const { admin: asked } = this;
    const answer = await withinTime(
      asked.get().then((admin) => admin.describeGroups(TWO_HOP_GROUPS)),
      ANSWER_LIMIT_MS,
    );
    if (answer !== 'late') return answer.groups;
    // Another question may have found out before.
    if (this.admin === asked) this.admin = new AdminOnDemand(this.kafka);
    void asked.disconnect();
    throw new Error(`no answer about the groups ${TWO_HOP_GROUPS.join(' and ')}`);
  }

  private async askAndPlan(): Promise<void> {
    try {
      await this.isGone();
    } catch (error) {
      if (!this.isEnded)
        this.logger.warn(
          { err: error },
          'the brokers did not say whether dispatchers with two hops are there; asking again. If this repeats, check the brokers, and that this service may describe the groups fan-out and retry',
        );
    }
    this.plan();
  }

  private plan(): void {
    if (this.timer) clearTimeout(this.timer);
    if (this.isEnded) return;
    const ms = this.coexistence.askAgainAfterMs(performance.now());
    this.timer = setTimeout(() => void this.askAndPlan(), ms);
    this.timer.unref();
  }

  /** Tells operators what this instance does, when that changes. */
  private tell(others: number): void {
    const { known } = this;
    this.known = others;
    if (others === known) return;
    if (others > 0 && known === 0) {
      this.logger.warn(
        { instances: others },
        'dispatchers with two hops (ONE_HOP=false) have begun to read events and retries, so this instance gives them back. It goes on with its share of the deliveries. To finish the upgrade, end those; to go back, end the dispatchers with one hop. See "One hop" in docs/operations.md',
      );
    } else if (others > 0) {
      this.logger.info(
        { instances: others },
        'dispatchers with two hops (ONE_HOP=false) read events and retries, and go on as before. This instance has its share of the deliveries, and will read events and retries itself once those have ended. End them to finish the upgrade',
      );
    } else if (known !== null) {
      this.logger.info(
        'no dispatcher with two hops is there any more, so this instance reads events and retries itself',
      );
    }
  }
}
