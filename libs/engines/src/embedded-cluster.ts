import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { clusterProperties, type ClusterNodePlace } from './broker-config.js';
import { brokerNode, readOrCreateClusterId } from './broker-node.js';
import { freePort } from './free-port.js';
import type { OwnedProcess } from './owned-process.js';

export interface EmbeddedClusterOptions {
  /** Its own folder, kept across starts. */
  readonly dataDir: string;
  readonly log?: (line: string) => void;
  /** Called with one line about each step that takes long. */
  readonly onProgress?: (line: string) => void;
}

const NODES = 3;
const HEAP_MB = 256;
/** An orderly shutdown first hands over every leadership; on a slow machine that takes a while. */
const STOP_PATIENCE_MS = 30_000;

/** One broker of an {@link EmbeddedCluster}. */
export class ClusterNode {
  private frozen = false;

  /** Created by {@link EmbeddedCluster.start}. */
  constructor(
    /** Kafka's `node.id`, from 1. */
    readonly id: number,
    /** `host:port`. */
    readonly address: string,
    private readonly broker: OwnedProcess,
  ) {}

  /**
   * Starts it, or starts it again; resolves when it is a member of its cluster. Does nothing when it runs.
   */
  start(): Promise<void> {
    return this.broker.start();
  }

  /** `kill -9`: it cannot shut down in order. */
  kill(): Promise<void> {
    return this.broker.kill();
  }

  /** Shuts it down in order (SIGTERM): it first hands over its leaderships. */
  async stop(): Promise<void> {
    this.thaw();
    await this.broker.stop();
  }

  /** Freezes it (SIGSTOP): its connections stay open, and nothing answers on them. */
  freeze(): void {
    const { pid } = this.broker;
    if (pid === undefined) return;
    process.kill(pid, 'SIGSTOP');
    this.frozen = true;
  }

  /** Continues it (SIGCONT). Does nothing when it is not frozen. */
  thaw(): void {
    const { pid } = this.broker;
    if (this.frozen && pid !== undefined) process.kill(pid, 'SIGCONT');
    this.frozen = false;
  }
}

/**
 * Three local Kafka brokers, each a controller too (KRaft), on free ports on loopback. There are three
 * replicas of everything, at least two of them in sync. Sessions have Kafka's default length. Needs Java 17,
 * and Maven the first time, to download Kafka.
 */
export class EmbeddedCluster {
  private constructor(readonly nodes: readonly ClusterNode[]) {}

  static async start(options: EmbeddedClusterOptions): Promise<EmbeddedCluster> {
    const dataDir = resolve(options.dataDir);
    await mkdir(dataDir, { recursive: true });
    const clusterId = await readOrCreateClusterId(join(dataDir, 'cluster-id'));
    const places: ClusterNodePlace[] = [];
    for (let id = 1; id <= NODES; id += 1) {
      places.push({ id, port: await freePort(), controllerPort: await freePort() });
    }
    const nodes: ClusterNode[] = [];
    for (const place of places) {
      const broker = await brokerNode({
        dataDir: join(dataDir, `node-${place.id}`),
        port: place.port,
        clusterId,
        properties: (logDir) => Promise.resolve(clusterProperties(place, places, logDir)),
        heapMb: HEAP_MB,
        stopPatienceMs: STOP_PATIENCE_MS,
        log: options.log,
        onProgress: options.onProgress,
      });
      nodes.push(new ClusterNode(place.id, `127.0.0.1:${place.port}`, broker));
    }
    const cluster = new EmbeddedCluster(nodes);
    const started = await Promise.allSettled(nodes.map((node) => node.start()));
    const failed = started.find(({ status }) => status === 'rejected');
    if (failed) {
      await cluster.stop();
      throw (failed as PromiseRejectedResult).reason;
    }
    return cluster;
  }

  /** Bootstrap addresses, `host:port`. */
  get brokers(): string[] {
    return this.nodes.map(({ address }) => address);
  }

  /** The node of an id. @throws when there is none. */
  node(id: number): ClusterNode {
    const node = this.nodes.find((each) => each.id === id);
    if (!node) throw new Error(`the cluster has no node ${id}`);
    return node;
  }

  /** Ends all of them. The last one has no quorum for an orderly shutdown, so it is not waited for. */
  async stop(): Promise<void> {
    for (const node of this.nodes) node.thaw();
    await Promise.all(this.nodes.map((node) => node.kill()));
  }
}
