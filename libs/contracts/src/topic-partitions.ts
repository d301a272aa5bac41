import type { TopicState } from './topic-check.js';
import type { TopicFinding } from './topic-finding.js';
import { retryTopic, Topics } from './topics.js';

/** Topics that need as many partitions as another topic. */
const PARTITIONS_AS: Readonly<
  Record<string, { other: string; severity: TopicFinding['severity']; because: string }>
> = {
  [Topics.fanOutLedger]: {
    other: Topics.events,
    severity: 'loses',
    because: 'events of the partitions that are missing here are never delivered',
  },
  [Topics.slowDeliveries]: {
    other: Topics.deliveries,
    severity: 'differs',
    because: 'two instances may process deliveries of one endpoint at the same time',
  },
};

/**
 * Topics whose partitions of one number will have one owner (`docs/decisions/36`), so that they need equally many. They
 * are created so.
 */
const SHARING_OWNERS: ReadonlySet<string> = new Set([
  Topics.events,
  Topics.deliveries,
  Topics.slowDeliveries,
  Topics.deliveryResults,
  Topics.fanOuts,
]);

function sharesOwners(topic: string): boolean {
  return SHARING_OWNERS.has(topic) || topic.startsWith(retryTopic(0).slice(0, -1));
}

/** How the number of a topic's partitions differs from what other topics need. */
export function partitionFindings(
  state: TopicState,
  byName: ReadonlyMap<string, TopicState>,
): TopicFinding[] {
  const rule = PARTITIONS_AS[state.name];
  const least = rule && byName.get(rule.other);
  if (rule && least && state.partitions < least.partitions) {
    return [partitionsFinding(state, least, rule.severity, rule.because)];
  }
  if (!sharesOwners(state.name)) return [];
  const sharing = [...byName.values()].filter(({ name }) => sharesOwners(name));
  // Kafka cannot take partitions away.
  const most = sharing.reduce((one, other) => (other.partitions > one.partitions ? other : one), state);
  if (state.partitions === most.partitions) return [];
  const because =
    'a later release will give partitions of the same number to one instance, and will not start without';
  return [partitionsFinding(state, most, 'differs', because)];
}

function partitionsFinding(
  { name, partitions: value }: TopicState,
  as: TopicState,
  severity: TopicFinding['severity'],
  because: string,
): TopicFinding {
  return {
    severity,
    topic: name,
    setting: 'partitions',
    value: String(value),
    needed: `${as.partitions}, as ${as.name} has`,
    because,
    mend: `kafka-topics.sh --bootstrap-server … --alter --topic ${name} --partitions ${as.partitions}`,
  };
}
