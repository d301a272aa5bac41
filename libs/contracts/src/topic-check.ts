import { alter, type TopicFinding } from './topic-finding.js';
import { partitionFindings } from './topic-partitions.js';
import { leastRetentions } from './topic-retention.js';
import { LARGEST_BATCH_BYTES, MAX_RECORD_BYTES, type TopicDefinition, Topics } from './topics.js';

/** The state of a topic in its cluster. */
export interface TopicState {
  readonly name: string;
  readonly partitions: number;
  /** The number of replicas of the partition that has the fewest. */
  readonly replicas: number;
  /** The effective settings, of the topic itself or of its broker. Unknown settings are absent. */
  readonly settings: Readonly<Partial<Record<string, string>>>;
}

export interface ClusterShape {
  /** The number of brokers; replicas and in-sync replicas are checked from three brokers on. */
  readonly brokers: number;
  readonly retryDelaysMs: readonly number[];
  /** See {@link leastRetentions}. */
  readonly longestWaitMs?: number | undefined;
  /** See {@link leastRetentions}. */
  readonly longestReferenceMs?: number | undefined;
  /** Whether the service writes to the partition of a number in all topics whose partitions have one owner. */
  readonly isOneHop?: boolean | undefined;
}

/**
 * From this many brokers on, a cluster can keep three replicas, two of them in sync, while one broker is
 * down.
 */
const BROKERS_FOR_SAFETY = 3;

/**
 * How existing topics differ from what is needed, in the order of the definitions. Missing topics are
 * skipped.
 */
export function checkTopics(
  definitions: readonly TopicDefinition[],
  states: readonly TopicState[],
  { brokers, retryDelaysMs, longestWaitMs, longestReferenceMs, isOneHop = false }: ClusterShape,
): TopicFinding[] {
  const byName = new Map(states.map((state) => [state.name, state]));
  const least = leastRetentions(retryDelaysMs, longestWaitMs, longestReferenceMs);
  return definitions.flatMap((definition) => {
    const state = byName.get(definition.name);
    if (!state) return [];
    return [
      ...cleanup(definition, state),
      ...retention(definition, state, least.get(definition.name) ?? null),
      ...sizes(definition, state),
      ...compression(definition, state),
      ...timestamps(definition, state),
      ...replication(state, brokers),
      ...partitionFindings(state, byName, isOneHop),
    ];
  });
}

function isTable({ config }: TopicDefinition): boolean {
  return config['cleanup.policy'] === 'compact';
}

function cleanup(definition: TopicDefinition, { name, settings }: TopicState): TopicFinding[] {
  const value = settings['cleanup.policy'];
  if (value === undefined) return [];
  const policies = value.split(',');
  const needed = isTable(definition) ? 'compact' : 'delete';
  const found = {
    topic: name,
    setting: 'cleanup.policy',
    value,
    needed,
    mend: alter(name, 'cleanup.policy', needed),
  } as const;
  if (needed === 'delete' && policies.includes('compact')) {
    return [{ ...found, severity: 'loses', because: 'Kafka deletes all but the newest record of each key' }];
  }
  if (needed === 'compact' && policies.includes('delete')) {
    return [
      {
        ...found,
        severity: 'loses',
        because: 'Kafka deletes the state of keys that have not changed for a while',
      },
    ];
  }
  if (needed === 'compact' && !policies.includes('compact')) {
    return [{ ...found, severity: 'differs', because: 'the topic would grow for ever' }];
  }
  return [];
}

function retention(
  definition: TopicDefinition,
  { name, settings }: TopicState,
  leastMs: number | null,
): TopicFinding[] {
  if (isTable(definition)) return [];
  const findings: TopicFinding[] = [];
  const keptMs = limitOf(settings['retention.ms']);
  const madeMs = Number(definition.config['retention.ms']);
  const found = { topic: name, setting: 'retention.ms', value: String(settings['retention.ms']) } as const;
  if (leastMs !== null && keptMs < leastMs) {
    findings.push({
      ...found,
      severity: 'loses',
      needed: `${leastMs} or more`,
      because: 'Kafka deletes records there before they are due or needed',
      mend: alter(name, 'retention.ms', String(Math.max(madeMs, leastMs))),
    });
  } else if (keptMs < madeMs) {
    findings.push({
      ...found,
      severity: 'differs',
      needed: `${madeMs} or more`,
      because:
        'records that no service reads in this time are lost, and a rebuild of the audit lacks deleted records',
      mend: alter(name, 'retention.ms', String(madeMs)),
    });
  }
  if (limitOf(settings['retention.bytes']) !== Infinity) {
    findings.push({
      severity: 'differs',
      topic: name,
      setting: 'retention.bytes',
      value: String(settings['retention.bytes']),
      needed: '-1',
      because: 'a size limit deletes records that are still needed',
      mend: alter(name, 'retention.bytes', '-1'),
    });
  }
  return findings;
}

function sizes({ config }: TopicDefinition, { name, settings }: TopicState): TopicFinding[] {
  const value = settings['max.message.bytes'];
  const made = config['max.message.bytes'];
  if (value === undefined || made === undefined) return [];
  const found = {
    topic: name,
    setting: 'max.message.bytes',
    value,
    mend: alter(name, 'max.message.bytes', made),
  } as const;
  const needed = leastMessageBytes(name);
  if (Number(value) < needed) {
    return [
      {
        ...found,
        severity: 'loses',
        needed: `${needed} or more`,
        because: 'Kafka refuses records that a service writes there',
      },
    ];
  }
  if (name === Topics.interviewCompletions && Number(value) !== Number(made)) {
    return [
      {
        ...found,
        severity: 'differs',
        needed: made,
        because:
          Number(value) < Number(made)
            ? 'Kafka refuses events that are accepted over HTTP'
            : 'a refused record may be too large for the dead-letter topic',
      },
    ];
  }
  return [];
}

/** The minimum below which a service could not write its records, bytes; the public topic has none. */
function leastMessageBytes(topic: string): number {
  if (topic === Topics.interviewCompletions) return 0;
  const isDeadLetters = topic === Topics.interviewCompletionsDeadLetter || topic === Topics.deadLetter;
  return isDeadLetters ? MAX_RECORD_BYTES : LARGEST_BATCH_BYTES;
}

function compression({ config }: TopicDefinition, { name, settings }: TopicState): TopicFinding[] {
  const value = settings['compression.type'];
  const needed = config['compression.type'];
  if (value === undefined || needed === undefined || value === needed) return [];
  return [
    {
      severity: 'differs',
      topic: name,
      setting: 'compression.type',
      value,
      needed,
      because:
        name === Topics.interviewCompletions
          ? 'Kafka then limits the compressed size of a record and not its real size; the records are read all the same'
          : 'it costs brokers and services CPU; the records are read all the same',
      mend: alter(name, 'compression.type', needed),
    },
  ];
}

function timestamps({ config }: TopicDefinition, { name, settings }: TopicState): TopicFinding[] {
  const value = settings['message.timestamp.type'];
  const needed = config['message.timestamp.type'];
  if (value === undefined || needed === undefined || value === needed) return [];
  return [
    {
      severity: 'differs',
      topic: name,
      setting: 'message.timestamp.type',
      value,
      needed,
      because:
        'the clock of a producer then decides how long a record is kept: one from the past is deleted at once, and one from the future keeps older ones',
      mend: alter(name, 'message.timestamp.type', needed),
    },
  ];
}

function replication({ name, replicas, settings }: TopicState, brokers: number): TopicFinding[] {
  const insync = Number(settings['min.insync.replicas'] ?? Number.NaN);
  const findings: TopicFinding[] = [];
  if (settings['unclean.leader.election.enable'] === 'true') {
    findings.push({
      severity: 'differs',
      topic: name,
      setting: 'unclean.leader.election.enable',
      value: 'true',
      needed: 'false',
      because: 'a replica that lacks accepted records may become the leader, and these records are lost',
      mend: alter(name, 'unclean.leader.election.enable', 'false'),
    });
  }
  if (insync > replicas) {
    findings.push({
      ...insyncFinding(name, insync),
      needed: `${replicas} or less, as it has ${count(replicas, 'replica')}`,
      because: 'Kafka refuses every record that is written there',
      mend: alter(name, 'min.insync.replicas', String(Math.max(1, replicas - 1))),
    });
  } else if (brokers >= BROKERS_FOR_SAFETY && replicas === 1) {
    findings.push({
      severity: 'differs',
      topic: name,
      setting: 'replicas',
      value: '1',
      needed: '3',
      because: `the topic loses records with the disk of one of ${brokers} brokers, and cannot be used while that broker is down`,
      mend: `kafka-reassign-partitions.sh --bootstrap-server … --execute --reassignment-json-file … (three replicas for each partition of ${name})`,
    });
  } else if (brokers >= BROKERS_FOR_SAFETY && replicas >= BROKERS_FOR_SAFETY && insync < 2) {
    findings.push({
      ...insyncFinding(name, insync),
      needed: '2',
      because: 'records that are accepted while only one replica is in sync are lost with that replica',
      mend: alter(name, 'min.insync.replicas', '2'),
    });
  }
  return findings;
}

function insyncFinding(topic: string, value: number) {
  return { severity: 'differs', topic, setting: 'min.insync.replicas', value: String(value) } as const;
}

/** A setting in which -1 means no limit. */
function limitOf(value: string | undefined): number {
  return value === undefined || Number(value) < 0 ? Infinity : Number(value);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
