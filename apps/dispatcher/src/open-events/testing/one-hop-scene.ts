import { retryTopic, Topics } from '@skillora/contracts';

import { DELIVER_GROUP } from '../../deliver/deliver.controller.js';
import { RunningDispatcher, Surroundings } from '../../testing/running-dispatcher.js';
import { ONE_HOP } from '../one-hop.js';
import { KillableDispatcher } from './killable-dispatcher.js';

const TOPICS_OF_UNIT = [
  Topics.events,
  Topics.deliveries,
  Topics.slowDeliveries,
  retryTopic(1),
  retryTopic(2),
];

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
    return new OneHopScene(brokers, around);
  }

  /** Starts an instance in this process. */
  async start(env: NodeJS.ProcessEnv = {}): Promise<void> {
    this.running.push(await RunningDispatcher.start(this.brokers, env, ONE_HOP));
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
