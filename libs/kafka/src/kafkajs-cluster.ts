import { createRequire } from 'node:module';

/** What of a coordinator's place is asked. */
export interface CoordinatorQuery {
  readonly groupId: string;
  readonly coordinatorType: number;
}

/** Whose offsets are asked for: the first there are, the next to be written, or the first of a time. */
export interface OffsetQuery {
  readonly topic: string;
  readonly fromBeginning?: boolean;
  readonly fromTimestamp?: number;
}

/** The part of kafkajs' `Cluster` that is used here; kafkajs does not export it. Each client has one of its own. */
export interface Cluster {
  /** What it knows of the brokers, and for how long it takes that for true, ms. */
  readonly brokerPool: { metadataMaxAge: number };
  findGroupCoordinatorMetadata(query: CoordinatorQuery): Promise<unknown>;
  fetchTopicsOffset(queries: readonly OffsetQuery[]): Promise<unknown>;
}

/** The prototype of all clusters, to lay a memory over what it asks again and again. */
export function clusterPrototype(): Cluster {
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/cluster/index.js') as {
    prototype: Cluster;
  };
  return prototype;
}
