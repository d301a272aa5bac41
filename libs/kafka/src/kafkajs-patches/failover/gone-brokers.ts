import { setTimeout as delay } from 'node:timers/promises';

import {
  amendOnce,
  type Broker,
  brokerPrototype,
  type ClusterMetadata,
  type Connection,
  connectionPrototype,
  unreachable,
} from '../kafkajs-internals.js';
import { breakConnection } from './prompt-connections.js';

/** A request that is under way for so long is a reason to ask what became of the broker, ms. */
const SUSPICIOUS_MS = 1_000;
/** A fetch that the broker may hold for longer than that is one so long after, ms. */
const AFTER_HOLD_MS = 200;
/** Kafka's number of Fetch. */
const FETCH = 1;
const LOOK_MS = 250;
/** For how long it is taken for true that a broker is gone, ms: all that are known may be replaced by those that were. */
const GONE_MS = 3_000;
/** Kafka's numbers of requests that write: Produce, TxnOffsetCommit. */
const WRITES: ReadonlySet<number> = new Set([0, 28]);
const LEFT = 'the broker has left the cluster';
const HELD_UP = 'the write was held up by a broker that has left the cluster';
/** A write that was under way when a broker left gets so long after that, ms. */
const AFTER_LEAVING_MS = 1_000;
/** Another one is asked when there is no answer for so long, ms. */
const ANSWER_MS = 1_000;

/** What the connections of one client know. */
interface Client {
  readonly connections: Set<Connection>;
  readonly brokers: Set<Broker>;
  /** Brokers that were members of the cluster at some time, by `host:port`. Addresses of a bootstrap may be none. */
  readonly members: Set<string>;
  /** Those of them that were missing in the last answer, and when that was first so, ms since the epoch. */
  gone: ReadonlyMap<string, number>;
  /** When the last answer came, ms since the epoch. */
  learnedAt: number;
  /** Topics that were asked for: of others a broker may have no good news. */
  topics: readonly string[];
  asking: boolean;
}

/** How long the broker may hold the fetch of a connection, ms. */
const holds = new WeakMap<Connection, number>();
/**
 * Clients by their socket factories, which is what all connections of a client share. A client without connections knows who
 * was a member all the same: the only broker that it was connected to may be the one that stands still.
 */
const clients = new WeakMap<object, Client>();
/** The clients that have connections. */
const connected = new Set<Client>();
let looking: NodeJS.Timeout | null = null;

/**
 * Makes requests to a broker that is no member of its cluster any more fail at once. A broker that stands still, or whose
 * machine is gone, leaves its connections open: requests that may take long (a write that waits for replicas, a join)
 * would be waited for 30 s, while another broker has long taken its place. As soon as the others say that it is gone,
 * there is nothing to wait for, and nothing more is sent to it.
 *
 * Upstream: no issue known; kafkajs #919 (open) describes requests to a broker that does not answer.
 * Delete when kafkajs gives up requests to brokers that have left the cluster.
 */
export function leaveGoneBrokers(): void {
  amendOnce(
    connectionPrototype(),
    'connect',
    (connect) =>
      function (this: Connection) {
        if (isGone(clientOf(this), this)) return Promise.reject(unreachable(LEFT, addressOf(this)));
        watch(this);
        return connect.call(this).then((made) => {
          // Its former socket may have ended meanwhile, with which it was forgotten.
          watch(this);
          return made;
        });
      },
    'gone brokers',
  );
  amendOnce(
    connectionPrototype(),
    'send',
    (send) =>
      function (this: Connection, request) {
        if (isGone(clientOf(this), this)) return Promise.reject(unreachable(LEFT, addressOf(this)));
        return send.call(this, request);
      },
    'gone brokers',
  );
  amendOnce(
    connectionPrototype(),
    'disconnect',
    (disconnect) =>
      async function (this: Connection) {
        try {
          return await disconnect.call(this);
        } finally {
          forget(this);
        }
      },
    'gone brokers',
  );
  amendOnce(
    brokerPrototype(),
    'connect',
    (connect) =>
      async function (this: Broker) {
        await connect.call(this);
        const [connection] = this.connectionPool.pool;
        if (connection?.isConnected()) clientOf(connection).brokers.add(this);
      },
    'gone brokers',
  );
  amendOnce(
    brokerPrototype(),
    'fetch',
    (fetch) =>
      function (this: Broker, request) {
        for (const connection of this.connectionPool.pool) holds.set(connection, request.maxWaitTime);
        return fetch.call(this, request);
      },
    'gone brokers',
  );
  amendOnce(
    brokerPrototype(),
    'metadata',
    (ask) =>
      async function (this: Broker, topics) {
        const metadata = await ask.call(this, topics);
        const [connection] = this.connectionPool.pool;
        if (connection?.isConnected()) learn(clientOf(connection), this, topics ?? [], metadata);
        return metadata;
      },
    'gone brokers',
  );
}

function clientOf({ socketFactory }: Connection): Client {
  let client = clients.get(socketFactory);
  if (!client) {
    client = {
      connections: new Set(),
      brokers: new Set(),
      members: new Set(),
      gone: new Map(),
      learnedAt: 0,
      topics: [],
      asking: false,
    };
    clients.set(socketFactory, client);
  }
  return client;
}

function watch(connection: Connection): void {
  const client = clientOf(connection);
  client.connections.add(connection);
  connected.add(client);
  looking ??= setInterval(look, LOOK_MS).unref();
}

function forget(connection: Connection): void {
  if (connection.isConnected()) return;
  const client = clientOf(connection);
  client.connections.delete(connection);
  for (const broker of client.brokers) {
    if (broker.connectionPool.pool.includes(connection)) client.brokers.delete(broker);
  }
  if (client.connections.size === 0) connected.delete(client);
  if (connected.size === 0 && looking) {
    clearInterval(looking);
    looking = null;
  }
}

/** Whoever answers is one to ask; whoever it names is a member. */
function learn(
  client: Client,
  answering: Broker,
  topics: readonly string[],
  metadata: ClusterMetadata,
): void {
  client.brokers.add(answering);
  if (topics.length > 0) client.topics = topics;
  note(client, metadata);
}

/** Notes who is a member of the cluster now, and who is none any more. */
function note(client: Client, { brokers }: ClusterMetadata): void {
  const listed = new Set(brokers.map(addressOf));
  for (const address of listed) client.members.add(address);
  const now = Date.now();
  const gone = [...client.members].filter((address) => !listed.has(address));
  client.gone = new Map(gone.map((address) => [address, client.gone.get(address) ?? now]));
  client.learnedAt = now;
}

function isGone({ gone, learnedAt }: Client, connection: Connection): boolean {
  return gone.has(addressOf(connection)) && Date.now() - learnedAt < GONE_MS;
}

function look(): void {
  const now = Date.now();
  for (const client of connected) {
    const silent = new Set<string>();
    for (const connection of client.connections) {
      if (connection.requestQueue.inflight.size === 0) continue;
      if (isGone(client, connection)) breakConnection(connection, LEFT);
      else if (isHeldUp(client, connection, now)) breakConnection(connection, HELD_UP);
      else if (hasSuspicious(connection, now)) silent.add(addressOf(connection));
    }
    if (silent.size > 0 && !client.asking) void ask(client, silent);
  }
}

/**
 * Whether a write to a broker that is well was under way when another one left, and still is. Before the leader of a
 * partition takes a record of a transaction it asks the coordinator of that transaction (KIP-890). It waits 30 s or more
 * for a coordinator that stands still, also when there is a new one. The next try asks the new one.
 */
function isHeldUp({ gone }: Client, { requestQueue }: Connection, now: number): boolean {
  const left = Math.max(0, ...gone.values());
  if (left === 0 || now - left < AFTER_LEAVING_MS) return false;
  return [...requestQueue.inflight.values()].some(
    ({ sentAt, entry }) => WRITES.has(entry.apiKey) && sentAt !== null && sentAt < left,
  );
}

function hasSuspicious(connection: Connection, now: number): boolean {
  const forFetch = Math.max(SUSPICIOUS_MS, (holds.get(connection) ?? 0) + AFTER_HOLD_MS);
  return [...connection.requestQueue.inflight.values()].some(
    ({ sentAt, entry }) =>
      sentAt !== null && now - sentAt > (entry.apiKey === FETCH ? forFetch : SUSPICIOUS_MS),
  );
}

/**
 * Asks another broker who is a member of the cluster. A client may be connected to the silent one alone: then the brokers of
 * other clients of the same cluster are asked. Never rejects.
 */
async function ask(client: Client, silent: ReadonlySet<string>): Promise<void> {
  const own = toAsk(client, silent);
  const others = own.length > 0 ? own : alliesOf(client).flatMap((ally) => toAsk(ally, silent));
  const other = others[Math.floor(Math.random() * others.length)];
  if (!other) return;
  client.asking = true;
  const answered = other.broker.metadata(other.topics).then(
    (metadata) => note(client, metadata),
    () => undefined,
  );
  await Promise.race([answered, delay(ANSWER_MS, undefined, { ref: false })]);
  client.asking = false;
}

/** The brokers that a client is connected to and that answer, and the topics that it asks for. */
function toAsk(client: Client, silent: ReadonlySet<string>): { broker: Broker; topics: readonly string[] }[] {
  return [...client.brokers]
    .filter(({ connectionPool: { pool } }) => {
      const [connection] = pool;
      return connection?.isConnected() && !silent.has(addressOf(connection)) && !isGone(client, connection);
    })
    .map((broker) => ({ broker, topics: client.topics }));
}

/** Clients that know a member of the same cluster. */
function alliesOf(client: Client): Client[] {
  return [...connected].filter(
    (other) => other !== client && [...client.members].some((member) => other.members.has(member)),
  );
}

function addressOf({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host}:${port}`;
}
