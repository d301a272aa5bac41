import net from 'node:net';
import tls from 'node:tls';

import type { Logger } from '@skillora/operability';
import {
  type ISocketFactory,
  Kafka,
  logLevel,
  type logCreator,
  Partitioners,
  type RetryOptions,
} from 'kafkajs';

import { awaitAnswers } from '../kafkajs-patches/await-answers.js';
import { checkWhatWaits } from '../kafkajs-patches/check-what-waits.js';
import { readEveryCodec } from '../kafkajs-patches/compression/read-every-codec.js';
import { encodeInPool } from '../kafkajs-patches/encode-in-pool.js';
import { askWhoAnswers } from '../kafkajs-patches/failover/ask-who-answers.js';
import { leaveGoneBrokers } from '../kafkajs-patches/failover/gone-brokers.js';
import { keepMembership } from '../kafkajs-patches/failover/keep-membership.js';
import { CLOSED_UNANSWERED, keepConnectionsPrompt } from '../kafkajs-patches/failover/prompt-connections.js';
import { takeIdsSoon } from '../kafkajs-patches/failover/take-ids-soon.js';
import { steadyPartitioner } from '../kafkajs-patches/failover/whole-sends.js';
import { fetchInSessions } from '../kafkajs-patches/fetch-in-sessions.js';
import { hideAbortedRecords } from '../kafkajs-patches/hide-aborted-records.js';
import { keepAllHeaders } from '../kafkajs-patches/keep-all-headers.js';
import { restWhenIdle } from '../kafkajs-patches/rest-when-idle.js';
import { KafkaMetrics } from './kafka-metrics.js';
import type { KafkaSecurity } from './security.js';
import { wakeWorkersNeeded } from '../kafkajs-patches/wake-workers.js';
import { tellWholeRanges } from '../kafkajs-patches/whole-ranges.js';

/**
 * The retries of all internal work: it waits for a broker for ever, with at most half a second between two
 * tries, because that is also the delay before it finds a new leader. So when a broker is down for a minute,
 * the work takes a minute longer. With few retries, kafkajs gives up, ends its consumers, and reads
 * uncommitted records again. Callers that cannot wait (HTTP) have their own deadline.
 */
export const PATIENT_RETRY: RetryOptions = { initialRetryTime: 100, maxRetryTime: 500, retries: 100_000 };

/**
 * The retries of a client with transactions. Kafka answers CONCURRENT_TRANSACTIONS for a few ms after each
 * commit, and each transaction would wait for the first retry, so that wait is short. The retries end after a
 * minute: the outcome of the transaction is then unknown, and its caller finds it out.
 */
export const TRANSACTION_RETRY: RetryOptions = { initialRetryTime: 5, maxRetryTime: 250, retries: 260 };

export interface KafkaClientOptions {
  readonly brokers: string[];
  readonly clientId: string;
  readonly logger: Logger;
  /** Default: none. */
  readonly security?: KafkaSecurity;
  /** {@link PATIENT_RETRY}, except for a client with transactions. */
  readonly retry?: RetryOptions;
}

/**
 * Creates a kafkajs client with patient retries, sockets that send small requests at once, and our logger.
 * Its consumers skip aborted records, see {@link hideAbortedRecords}, and read all codecs, see {@link
 * readEveryCodec}. It passes headers on unchanged, see {@link keepAllHeaders}. After a broker has died it
 * continues soon, see docs/decisions/08.
 */
export function createKafka({
  brokers,
  clientId,
  logger,
  security = {},
  retry = PATIENT_RETRY,
}: KafkaClientOptions): Kafka {
  fetchInSessions();
  hideAbortedRecords();
  keepAllHeaders();
  readEveryCodec();
  tellWholeRanges();
  keepConnectionsPrompt();
  leaveGoneBrokers();
  askWhoAnswers();
  keepMembership();
  restWhenIdle();
  checkWhatWaits();
  awaitAnswers();
  encodeInPool();
  wakeWorkersNeeded();
  takeIdsSoon(TRANSACTION_RETRY);
  return new Kafka({
    ...security,
    clientId,
    brokers,
    connectionTimeout: 3_000,
    requestTimeout: 30_000,
    enforceRequestTimeout: true,
    retry,
    socketFactory: promptSocket(clientId),
    logLevel: logLevel.INFO,
    logCreator: logThrough(logger),
  });
}

/**
 * Puts keyed records into the same partition as the Java client, so that equal keys of any producer meet
 * there.
 */
export const createPartitioner = steadyPartitioner(Partitioners.DefaultPartitioner);

/**
 * The partition that {@link createPartitioner} chooses for a key.
 * @param partitions how many the topic has.
 */
export function partitionOfKey(key: string, partitions: number): number {
  return choosePartition({
    topic: '',
    partitionMetadata: Array.from({ length: partitions }, (_, partitionId) => ({
      ...{ partitionErrorCode: 0, partitionId, leader: 0, replicas: [], isr: [] },
    })),
    message: { key, value: null },
  });
}
const choosePartition = Partitioners.DefaultPartitioner();

/** kafkajs leaves Nagle's algorithm on, which costs a transaction 7 ms of its 12. */
const promptSocket =
  (clientId: string): ISocketFactory =>
  ({ host, port, ssl, onConnect }) => {
    const connected = (): void => {
      KafkaMetrics.connectionOpened(clientId);
      onConnect();
    };
    const socket = (ssl as tls.ConnectionOptions | undefined)
      ? tls.connect({ host, port, ...(net.isIP(host) === 0 ? { servername: host } : {}), ...ssl }, connected)
      : net.connect({ host, port }, connected);
    socket.once('error', () => KafkaMetrics.connectionFailed(clientId));
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    return socket;
  };

/**
 * When kafkajs has retried this often without success, it is logged as a warning; fewer retries are normal
 * for Kafka.
 */
const NOTEWORTHY_RETRIES = 5;

/**
 * kafkajs logs every rebalance and reconnect as an error. Errors that pass by themselves become warnings
 * here. A refused response and the first retries after it become debug lines: a broker refuses requests for
 * some ms after each transaction, and the sender retries or reports what it could not do.
 */
function logThrough(logger: Logger): logCreator {
  const child = logger.child({ library: 'kafkajs' });
  return () =>
    ({ namespace, level, log }) => {
      const { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...rest } = log;
      const fields = { namespace, ...rest };
      const { retryCount } = rest as { retryCount?: unknown };
      const passes = typeof retryCount === 'number' && retryCount < NOTEWORTHY_RETRIES;
      // A connection that its service closes may hold a fetch that nobody waits for.
      const isClosed = message.endsWith(CLOSED_UNANSWERED);
      if (passes || isClosed || (namespace === 'Connection' && message.startsWith('Response ')))
        child.debug(fields, message);
      else if (level === logLevel.ERROR) child.warn(fields, message);
      else if (level === logLevel.WARN) child.info(fields, message);
      else child.debug(fields, message);
    };
}
