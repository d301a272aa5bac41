import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { type ClusterNode, EmbeddedCluster } from '@skillora/engines';
import { answers, Audit } from '@skillora/running-stack';

import { Scene } from '../scene.js';

import { allInSync, failedOver } from './broker-leaders.js';
import { ClusterLoad } from './cluster-load.js';
import { longestPause, type Span } from './pauses.js';

/** How long nothing went on, ms. */
export interface Pauses {
  /** Of the acceptance of events. */
  readonly intake: number;
  /** Of deliveries to a receiver, the longest of all. */
  readonly deliveries: number;
  /** Of the audit of an endpoint, the longest of all. */
  readonly audit: number;
}

/** What became of a fault. */
export interface FaultReport {
  readonly fault: string;
  /** How long the brokers were without a leader or coordinator somewhere, ms. */
  readonly failover: number;
  readonly pauses: Pauses;
}

const SAMPLE_MS = 250;
const READY_LIMIT_MS = 120_000;

/** A whole system on three brokers, under load, whose pauses are noted. */
export class ClusterScene {
  /** When the audit of an endpoint showed more than before, by endpoint. */
  private readonly audited = new Map<string, number[]>();
  private load: ClusterLoad | null = null;
  private readonly former = new Map<string, number>();
  private sampling = true;
  private readonly sampler: Promise<void>;

  private constructor(
    private readonly folder: string,
    readonly cluster: EmbeddedCluster,
    readonly scene: Scene,
  ) {
    this.sampler = this.sample();
  }

  static async set(): Promise<ClusterScene> {
    const folder = await mkdtemp(join(tmpdir(), 'skillora-cluster-'));
    const cluster = await EmbeddedCluster.start({ dataDir: folder });
    try {
      const scene = await Scene.set({
        KAFKA_BROKERS: cluster.brokers.join(','),
        TOPIC_REPLICATION_FACTOR: String(cluster.nodes.length),
      });
      return new ClusterScene(folder, cluster, scene);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  async clear(): Promise<void> {
    this.sampling = false;
    await this.sampler;
    await this.scene.clear();
    await this.cluster.stop();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Begins to make events, so many a second; ends what a test that failed has left under way. */
  async begin(perSecond: number): Promise<void> {
    await this.end();
    this.load = await ClusterLoad.start(this.scene.address, perSecond);
  }

  /** Ends the load. @returns all events that were accepted since this scene was set, and when. */
  async end(): Promise<ReadonlyMap<string, number>> {
    await this.load?.stop();
    for (const [mark, at] of this.load?.accepted ?? []) this.former.set(mark, at);
    this.load = null;
    return this.former;
  }

  /** How often HTTP intake answered what, since the load began. */
  get answers(): ReadonlyMap<number, number> {
    return this.load?.answers ?? new Map<number, number>();
  }

  /** Resolves when all services say that they are ready. */
  async ready(): Promise<void> {
    const { api, ingest, dispatcher } = this.scene.address;
    const deadline = Date.now() + READY_LIMIT_MS;
    for (;;) {
      const ready = await Promise.all([api, ingest, dispatcher].map((url) => answers(`${url}/health/ready`)));
      if (ready.every(Boolean)) return;
      if (Date.now() > deadline)
        throw new Error(`a service is not ready again after ${READY_LIMIT_MS / 1_000} s`);
      await delay(SAMPLE_MS);
    }
  }

  /**
   * Does something to a broker, once all replicas are in sync, and looks how the system takes it.
   * @param strike does it. @param mend takes it back, once the system is at work again without.
   * @param failover how long the brokers take, asked when it has begun.
   */
  async suffer(
    fault: string,
    {
      strike,
      failover,
      mend,
    }: Readonly<Record<'strike' | 'mend', () => unknown>> & {
      readonly failover: () => Promise<number>;
    },
    workMs: number,
  ): Promise<FaultReport> {
    await allInSync(this.cluster);
    const from = Date.now();
    const begun = strike();
    const took = await failover();
    await begun;
    await delay(workMs);
    await this.ready();
    await mend();
    await delay(workMs);
    await this.ready();
    return { fault, failover: took, pauses: await this.pauses({ from, to: Date.now() }) };
  }

  /** How long the brokers are without new leaders after this one was lost. */
  failedOver(lost: ClusterNode): Promise<number> {
    return failedOver(this.cluster, lost);
  }

  /** The longest pauses within a span. */
  async pauses(span: Span): Promise<Pauses> {
    const arrivals = await this.scene.receivers.arrivals();
    const byReceiver = Map.groupBy(arrivals, ({ receiver }) => receiver);
    const longest = (all: Iterable<readonly number[]>): number =>
      Math.max(...[...all].map((times) => longestPause(times, span)));
    return {
      intake: longestPause([...(this.load?.accepted.values() ?? [])], span),
      deliveries: longest([...byReceiver.values()].map((those) => those.map(({ at }) => at))),
      audit: longest(this.audited.values()),
    };
  }

  private async sample(): Promise<void> {
    const audit = new Audit(this.scene.address);
    const shown = new Map<string, number>();
    while (this.sampling) {
      for (const endpoint of this.scene.endpoints) {
        const total = await audit.total(endpoint).catch(() => 0);
        if (total > (shown.get(endpoint) ?? 0)) {
          shown.set(endpoint, total);
          this.audited.set(endpoint, [...(this.audited.get(endpoint) ?? []), Date.now()]);
        }
      }
      await delay(SAMPLE_MS);
    }
  }
}
