/** Every topic of the system by name. docs/architecture.md shows the way of an event through most of them. */
export const Topics = {
  /** The public topic: CloudEvents from producer services, keyed by organisation. */
  interviewCompletions: 'interview-completions',
  /** A public topic too: CloudEvents about endpoints that fail, recover or were disabled, keyed by organisation. */
  notices: 'webhook.notices',
  /** Refused records of the public topic, byte for byte, with headers that say why and where they were. */
  interviewCompletionsDeadLetter: 'interview-completions.dead-letter',
  /**
   * Records of our own topics that a service could not handle, byte for byte, with headers that say why and
   * where they were.
   */
  deadLetter: 'webhook.dead-letter',
  /** Accepted events in canonical form, keyed by organisation: the source of truth. */
  events: 'webhook.events',
  /**
   * The ids of the events that each fan-out transaction has processed, in the partition of the events: the
   * dedupe memory.
   */
  fanOutLedger: 'webhook.fan-out-ledger',
  /**
   * The deliveries that the fan-out created for each event, keyed by organisation: the audit is compared with
   * them.
   */
  fanOuts: 'webhook.fan-outs',
  /** The newest state of each endpoint, keyed by endpoint; a tombstone is a deletion. */
  endpoints: 'webhook.endpoints',
  /** The newest state of each API token, keyed by the token's hash; a tombstone is a revocation. */
  apiTokens: 'webhook.api-tokens',
  /** Deliveries to attempt now, keyed by endpoint, with the exact body to send. */
  deliveries: 'webhook.deliveries',
  /** The same for endpoints that are too slow: their backlog waits here, separate from the others. */
  slowDeliveries: 'webhook.deliveries.slow',
  /** Markers that say which round of a delivery counts after a manual retry, keyed by delivery. */
  manualRetries: 'webhook.manual-retries',
  /** What happened to each delivery, one record per change of its state, keyed by delivery. */
  deliveryResults: 'webhook.delivery-results',
} as const;

export type TopicName = (typeof Topics)[keyof typeof Topics];

/**
 * The topic of the nth automatic retry (1-based). With one topic per delay, each topic is in the order
 * of due times, so a reader only ever waits for its first record.
 */
export function retryTopic(retry: number): string {
  return `webhook.retries.${retry}`;
}

const PLAINLY_WRITTEN: ReadonlySet<string> = new Set([
  Topics.interviewCompletions,
  Topics.interviewCompletionsDeadLetter,
  Topics.deadLetter,
  Topics.events,
  Topics.endpoints,
  Topics.apiTokens,
  Topics.manualRetries,
]);

/** True for the topics that services write in transactions alone, whose markers take offsets too. */
export function writtenInTransactions(topic: string): boolean {
  return topic.startsWith('webhook.') && !PLAINLY_WRITTEN.has(topic);
}

/**
 * How a topic is created: its number of partitions and its own settings. A cluster's defaults must not
 * matter, so every setting is named that could lose or delay records.
 */
export interface TopicDefinition {
  readonly name: string;
  /** `spread`: the configured number of partitions; `single`: one, because every reader reads all of it. */
  readonly partitions: 'spread' | 'single';
  readonly config: Readonly<Record<string, string>>;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Every topic accepts records up to this size: the broker's own default, set explicitly. */
export const MAX_RECORD_BYTES = 1_048_576;

/** Services write batches up to this size, or a single record: no topic may have a lower limit. */
export const LARGEST_BATCH_BYTES = 900_000;

/** A dead letter is a refused record, which may be as large as any record, plus headers with the reason. */
const MAX_DEAD_LETTER_BYTES = 2 * MAX_RECORD_BYTES;

/**
 * Any client may write to the public topic, in any compression and with any timestamp. The broker stores it
 * uncompressed, so that every reader can read it and the size limit applies to its real size. The time at
 * which a record is appended decides how long it is kept, not the time that its producer claims.
 */
function publicTopic(topic: TopicDefinition): TopicDefinition {
  const config = { 'compression.type': 'uncompressed', 'message.timestamp.type': 'LogAppendTime' };
  return { ...topic, config: { ...topic.config, ...config } };
}

/**
 * All topics of an installation with `retries` automatic retries, in the order in which an event goes through
 * them.
 * @param auditDays how many days the audit and its topics are kept.
 */
export function topicDefinitions(retries: number, auditDays = 90): TopicDefinition[] {
  const log = (
    name: string,
    retentionMs: number,
    maxRecordBytes: number = MAX_RECORD_BYTES,
  ): TopicDefinition => ({
    name,
    partitions: 'spread',
    config: {
      'cleanup.policy': 'delete',
      'retention.ms': String(retentionMs),
      'retention.bytes': '-1',
      'max.message.bytes': String(maxRecordBytes),
      'compression.type': 'producer',
    },
  });
  const table = (name: string): TopicDefinition => ({
    name,
    partitions: 'single',
    config: {
      'cleanup.policy': 'compact',
      'segment.ms': String(DAY_MS),
      'max.message.bytes': String(MAX_RECORD_BYTES),
      'compression.type': 'producer',
    },
  });
  return [
    publicTopic(log(Topics.interviewCompletions, 7 * DAY_MS)),
    log(Topics.interviewCompletionsDeadLetter, 30 * DAY_MS, MAX_DEAD_LETTER_BYTES),
    log(Topics.deadLetter, 30 * DAY_MS, MAX_DEAD_LETTER_BYTES),
    log(Topics.events, auditDays * DAY_MS),
    log(Topics.fanOutLedger, 2 * DAY_MS),
    log(Topics.fanOuts, auditDays * DAY_MS),
    table(Topics.endpoints),
    table(Topics.apiTokens),
    log(Topics.deliveries, 7 * DAY_MS),
    log(Topics.slowDeliveries, 7 * DAY_MS),
    { ...log(Topics.manualRetries, 7 * DAY_MS), partitions: 'single' },
    ...Array.from({ length: retries }, (_, i) => log(retryTopic(i + 1), 7 * DAY_MS)),
    log(Topics.deliveryResults, auditDays * DAY_MS),
    log(Topics.notices, 30 * DAY_MS),
  ];
}
