import { retryTopic, Topics } from '@skillora/contracts';

import { DELIVER_GROUP } from '../../deliver/deliver.controller.js';
import type { Stages } from '../../dispatcher.module.js';
import { RETRY_GROUP } from '../../retry/retry.controller.js';
import { RunningDispatcher, Surroundings } from '../../testing/running-dispatcher.js';
import { ONE_HOP } from '../one-hop.js';
import { KillableDispatcher } from './killable-dispatcher.js';

const RETRY_TOPICS = [retryTopic(1), retryTopic(2)];
const TOPICS_OF_UNIT = [Topics.events, Topics.deliveries, Topics.slowDeliveries, ...RETRY_TOPICS];

/** Dispatchers that deliver from the log of events, and their surroundings. */
export class OneHopScene {
  private readonly running: { stop(): Promise<void> }[] = [];

  private constructor(
    private readonly brokers: string,
    readonly around: Surroundings,
  ) {}

  static async set(brokers: string): Promise<OneHopScene> {
    const around = await Surroundings.set(brokers);
    // Other tests have left records there, whose receivers are gone.
    await around.beginAtEnds(DELIVER_GROUP, TOPICS_OF_UNIT);
    await around.beginAtEnds(RETRY_GROUP, RETRY_TOPICS);
    return new OneHopScene(brokers, around);
  }

  /** Starts an instance in this process. @param stages those of the release before, if it is to be one of that. */
  async start(env: NodeJS.ProcessEnv = {}, stages: Stages = ONE_HOP): Promise<void> {
    this.running.push(await RunningDispatcher.start(this.brokers, env, stages));
  }

  /** Starts an instance in a process of its own. */
  async startKillable(): Promise<KillableDispatcher> {
    const started = await KillableDispatcher.start(this.brokers);
    this.running.push({ stop: () => started.kill() });
    return started;
  }

  /** Stops the instance that was started last. */
  async stopLast(): Promise<void> {
    await this.running.pop()?.stop();
  }

  async stopAll(): Promise<void> {
    for (const each of this.running.splice(0)) await each.stop();
  }

  async clear(): Promise<void> {
    await this.stopAll();
    await this.around.clear();
  }

  /** The partition in which an event is. */
  async partitionOfEvent(eventId: string): Promise<number | undefined> {
    const events = await this.around.committedRecords(Topics.events);
    return events.find(({ record }) => String(record.value).includes(eventId))?.partition;
  }
}
