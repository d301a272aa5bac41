import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';

import type { ICustomPartitioner, Message } from 'kafkajs';

import {
  amendOnce,
  type Broker,
  brokerPrototype,
  type Cluster,
  clusterPrototype,
  type ProduceRequest,
} from '../kafkajs-internals.js';

/** What is known of one call that writes records, over all its tries. */
class Send {
  /** What Kafka has acknowledged, as `topic/partition`. */
  readonly acknowledged = new Set<string>();
  /** Requests under way. */
  private readonly underWay = new Set<Promise<unknown>>();
  private readonly brokers = new Map<string, Broker>();

  /** Runs a request of this call. */
  track<T>(request: Promise<T>): Promise<T> {
    this.underWay.add(request);
    const over = (): unknown => this.underWay.delete(request);
    request.then(over, over);
    return request;
  }

  /** Resolves when nothing is under way, nor about to be. */
  async quiet(): Promise<void> {
    while (this.underWay.size > 0) {
      await Promise.allSettled(this.underWay);
      await turn();
    }
  }

  /** A broker by a name that it has until it has acknowledged something. */
  broker(found: Broker): Broker {
    const key = String(found.nodeId);
    let broker = this.brokers.get(key);
    if (!broker || Object.getPrototypeOf(broker) !== found) {
      broker = Object.create(found) as Broker;
      this.brokers.set(key, broker);
    }
    return broker;
  }

  /** Remembers what a broker has acknowledged. */
  acknowledge(broker: Broker, { topicData }: ProduceRequest): void {
    this.brokers.delete(String(broker.nodeId));
    for (const place of placesOf(topicData)) this.acknowledged.add(place);
  }
}

const current = new AsyncLocalStorage<Send>();
const PURPOSE = 'whole sends';

/**
 * Runs a call of kafkajs that writes records, so that each record is written once, whatever moves meanwhile.
 *
 * kafkajs notes what is done by broker. Where the request to one broker fails and that to another succeeds, it takes
 * partitions that moved from the first to the second for done, which loses their records, and writes partitions that
 * moved the other way twice. And it begins the next try while requests of the one before are under way, and then writes
 * the same twice. Here a try begins when that before is over, and what is done is noted by partition.
 *
 * kafkajs also passes over records for a partition that it does not know, for example one that was added a moment ago,
 * and reports them as written. Here it asks the brokers again until it knows the partition.
 *
 * Upstream: kafkajs #22 (closed; since then what is done is noted by broker) and #1798 (an open fix).
 * Delete when kafkajs notes by partition what is written, begins a try when the one before is over, and refuses
 * partitions that it does not know.
 */
export function sendWhole<T>(call: () => Promise<T>): Promise<T> {
  amend();
  return current.run(new Send(), call);
}

/** A partitioner that chooses the same partition for a record at every try. */
export function steadyPartitioner(create: ICustomPartitioner): ICustomPartitioner {
  return () => {
    const choose = create();
    const chosen = new WeakMap<Message, number>();
    return (choice) => {
      const known = chosen.get(choice.message);
      if (known !== undefined) return known;
      const partition = choose(choice);
      chosen.set(choice.message, partition);
      return partition;
    };
  };
}

function amend(): void {
  const cluster = clusterPrototype();
  amendOnce(
    cluster,
    'refreshMetadataIfNecessary',
    (refresh) =>
      async function (this: Cluster) {
        // The first thing a try does.
        await current.getStore()?.quiet();
        await refresh.call(this);
      },
    PURPOSE,
  );
  amendOnce(
    cluster,
    'findLeaderForPartitions',
    (find) =>
      function (this: Cluster, topic, partitions) {
        const send = current.getStore();
        if (!send) return find.call(this, topic, partitions);
        const open = partitions.filter((partition) => !send.acknowledged.has(place(topic, partition)));
        const found = find.call(this, topic, open);
        const known = new Set(Object.values(found).flat().map(String));
        const unknown = open.filter((partition) => !known.has(String(partition)));
        if (unknown.length > 0) throw notKnown(topic, unknown);
        return found;
      },
    PURPOSE,
  );
  amendOnce(
    cluster,
    'findBroker',
    (find) =>
      async function (this: Cluster, query) {
        const found = await find.call(this, query);
        return current.getStore()?.broker(found) ?? found;
      },
    PURPOSE,
  );
  amendOnce(
    cluster,
    'findGroupCoordinator',
    (find) =>
      function (this: Cluster, query) {
        const found = find.call(this, query);
        return current.getStore()?.track(found) ?? found;
      },
    PURPOSE,
  );
  amendOnce(
    brokerPrototype(),
    'addPartitionsToTxn',
    (add) =>
      function (this: Broker, request) {
        const added = add.call(this, request);
        return current.getStore()?.track(added) ?? added;
      },
    PURPOSE,
  );
  amendOnce(
    brokerPrototype(),
    'produce',
    (produce) =>
      async function (this: Broker, request) {
        const send = current.getStore();
        if (!send) return produce.call(this, request);
        if (placesOf(request.topicData).some((each) => send.acknowledged.has(each))) {
          // Of a try that was overtaken. kafkajs tries again, and finds less to write.
          throw Object.assign(new Error('some of these partitions are written already'), { retriable: true });
        }
        const answer = await send.track(produce.call(this, request));
        send.acknowledge(this, request);
        return answer;
      },
    PURPOSE,
  );
}

/** kafkajs asks the brokers anew after an error of this type, and tries again. */
function notKnown(topic: string, partitions: readonly (string | number)[]): Error {
  const error = new Error(`the client does not know partition ${partitions.join(', ')} of ${topic}`);
  return Object.assign(error, { type: 'UNKNOWN_TOPIC_OR_PARTITION', retriable: true });
}

function placesOf(topicData: ProduceRequest['topicData']): string[] {
  return topicData.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition }) => place(topic, partition)),
  );
}

function place(topic: string, partition: string | number): string {
  return `${topic}/${partition}`;
}
