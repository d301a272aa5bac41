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
/** The first version of it with sessions, and where its answers have the error of the session and its id. */
const FIRST_WITH_SESSIONS = 7;
const ERROR_AT = 4;
const SESSION_AT = 6;
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
  const make = broker.lookupRequest(FETCH, fetchProtocol());
  const made = make({ ...request, ...reader.session.request(request.topics) });
  // The error of a partition, and records that cannot be read, end the reading of an answer. The broker has its
  // session all the same: without its id the next request would begin another one, and this one would take up room
  // until nobody else has any.
  const decode = (raw: Buffer): Promise<unknown> => {
    hear(reader, made.request.apiVersion, raw);
    return made.response.decode(raw);
  };
  const fetched = await send<Fetched>(broker, { ...made, response: { ...made.response, decode } });
  return { ...fetched, responses: fetched.responses.map(withNews) };
}

/** Takes from an answer what became of the session. */
function hear(reader: Reader, version: number, answer: Buffer): void {
  const hasSessions = version >= FIRST_WITH_SESSIONS;
  // The broker has ended the session, or was started again. Its answer says nothing of partitions.
  if (hasSessions && answer.readInt16BE(ERROR_AT) !== 0) return;
  const sessionId = hasSessions ? answer.readInt32BE(SESSION_AT) : 0;
  reader.session.answered(sessionId);
  if (sessionId === 0) reader.refusedUntil = performance.now() + ASK_AGAIN_MS;
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
