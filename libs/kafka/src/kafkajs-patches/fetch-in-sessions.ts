import { FetchSession } from './fetch-session.js';
import {
  amendOnce,
  type Broker,
  brokerPrototype,
  type Fetched,
  fetchProtocol,
  type FetchRequest,
  send,
} from './kafkajs-internals.js';

/** The number of this kind of request. */
const FETCH = 1;
/** A broker that keeps no session for a reader is asked for one after this time again, ms. */
const ASK_AGAIN_MS = 60_000;

interface Reader {
  readonly session: FetchSession;
  /** A session has one request at a time. */
  isAsking: boolean;
  /** When a session may be asked for again, ms by the monotonic clock. */
  refusedUntil: number;
}

/** By broker: every consumer has objects of its own for the brokers that it asks. */
const readers = new WeakMap<Broker, Reader>();

/**
 * Lets consumers keep a session with each broker (KIP-227). kafkajs names all partitions in each request, one by one in
 * random order, and the broker says of each that there is nothing new. kafkajs then makes a batch of each and wakes a worker
 * for it.
 *
 * A broker keeps 1,000 sessions (`max.incremental.fetch.session.cache.slots`). If it has no room, or is older than
 * Kafka 1.1, requests are made as by kafkajs for a minute: their random order lets no partition starve. In a
 * session the broker takes turns, and so does `compression/fetch-response.ts` where memory is short.
 *
 * Upstream: kafkajs knows the fields of sessions and says that only followers use them. Delete when its consumers use them.
 */
export function fetchInSessions(): void {
  amendOnce(
    brokerPrototype(),
    'fetch',
    (fetch) =>
      async function (this: Broker, request) {
        const reader = readerOf(this);
        const mayAsk = !reader.isAsking && performance.now() >= reader.refusedUntil;
        if (request.rackId === undefined || !mayAsk) return fetch.call(this, request);
        reader.isAsking = true;
        try {
          return await ask(this, request, reader);
        } finally {
          reader.isAsking = false;
        }
      },
    'in sessions',
  );
}

async function ask(broker: Broker, request: FetchRequest, reader: Reader): Promise<Fetched> {
  const { session } = reader;
  const make = broker.lookupRequest(FETCH, fetchProtocol());
  try {
    const fetched = await send<Fetched>(broker, make({ ...request, ...session.request(request.topics) }));
    const { errorCode = 0, sessionId = 0 } = fetched;
    if (errorCode === 0) {
      session.answered(sessionId);
      if (sessionId === 0) reader.refusedUntil = performance.now() + ASK_AGAIN_MS;
    } else {
      // The broker has ended the session, or was started again. Its answer says nothing of partitions.
      session.lost();
    }
    return { ...fetched, responses: fetched.responses.map(withNews) };
  } catch (error) {
    // The error of a partition ends the reading of the answer.
    session.lost();
    throw error;
  }
}

/** Without partitions of which only positions have moved: there is nothing to hand over. */
function withNews({ topicName, partitions }: Fetched['responses'][number]): Fetched['responses'][number] {
  const news = partitions.filter(
    ({ messages, preferredReadReplica = -1 }) => messages.length > 0 || preferredReadReplica !== -1,
  );
  return { topicName, partitions: news };
}

function readerOf(broker: Broker): Reader {
  const reader = readers.get(broker) ?? { session: new FetchSession(), isAsking: false, refusedUntil: 0 };
  readers.set(broker, reader);
  return reader;
}
