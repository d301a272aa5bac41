import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Topics } from '@skillora/contracts';
import { freePort, startEmbeddedBroker } from '@skillora/engines';

import type { Stages } from '../../dispatcher.module.js';
import { RunningDispatcher, Surroundings } from '../../testing/running-dispatcher.js';
import { ONE_HOP } from '../one-hop.js';
import { KillableDispatcher } from './killable-dispatcher.js';

/**
 * Dispatchers that deliver from the log of events, and their surroundings. They have a broker of their own: units go on
 * where their ledger says, and the dispatchers of other tests, which have two hops, do not tell it what they have done.
 */
export class OneHopScene {
  private readonly running: { stop(): Promise<void> }[] = [];

  private constructor(
    private readonly brokers: string,
    readonly around: Surroundings,
    private readonly end: () => Promise<void>,
  ) {}

  static async set(): Promise<OneHopScene> {
    const dataDir = await mkdtemp(join(tmpdir(), 'skillora-one-hop-'));
    const broker = await startEmbeddedBroker({ dataDir, port: await freePort() });
    const brokers = broker.brokers.join(',');
    return new OneHopScene(brokers, await Surroundings.set(brokers, true), async () => {
      await broker.stop();
      await rm(dataDir, { recursive: true, force: true });
    });
  }

  /** Starts an instance in this process. @param stages those of two hops, if it is to have them. */
  async start(env: NodeJS.ProcessEnv = {}, stages: Stages = ONE_HOP): Promise<RunningDispatcher> {
    const started = await RunningDispatcher.start(this.brokers, env, stages);
    this.running.push(started);
    return started;
  }

  /** Starts an instance in a process of its own. */
  async startKillable(): Promise<KillableDispatcher> {
    const started = await KillableDispatcher.start(this.brokers);
    this.running.push({ stop: () => started.kill() });
    return started;
  }

  /** Stops one of the instances, as SIGTERM does. */
  async stop(instance: RunningDispatcher): Promise<void> {
    this.running.splice(this.running.indexOf(instance), 1);
    await instance.stop();
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
    await this.end();
  }

  /** The partition in which an event is. */
  async partitionOfEvent(eventId: string): Promise<number | undefined> {
    const events = await this.around.committedRecords(Topics.events);
    return events.find(({ record }) => String(record.value).includes(eventId))?.partition;
  }
}
