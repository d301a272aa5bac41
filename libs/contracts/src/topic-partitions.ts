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
 * Topics whose partitions of one number have one owner with one hop (`docs/decisions/36`), so that they need equally many. They
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

/**
 * How the number of a topic's partitions differs from what other topics need.
 * @param isOneHop whether the service writes to the partition of a number in all topics that share owners.
 */
export function partitionFindings(
  state: TopicState,
  byName: ReadonlyMap<string, TopicState>,
  isOneHop: boolean,
): TopicFinding[] {
  const unequal = unequalFinding(state, byName, isOneHop);
  if (isOneHop && unequal) return [unequal];
  const rule = PARTITIONS_AS[state.name];
  const least = rule && byName.get(rule.other);
  if (rule && least && state.partitions < least.partitions) {
    return [partitionsFinding(state, least, rule.severity, rule.because)];
  }
  return unequal ? [unequal] : [];
}

/** How a topic differs from those that have more partitions, and share owners with it. */
function unequalFinding(
  state: TopicState,
  byName: ReadonlyMap<string, TopicState>,
  isOneHop: boolean,
): TopicFinding | null {
  if (!sharesOwners(state.name)) return null;
  const sharing = [...byName.values()].filter(({ name }) => sharesOwners(name));
  // Kafka cannot take partitions away.
  const most = sharing.reduce((one, other) => (other.partitions > one.partitions ? other : one), state);
  if (state.partitions === most.partitions) return null;
  return isOneHop
    ? partitionsFinding(
        state,
        most,
        'loses',
        'one instance owns the partitions of the same number, and nothing can be written to one that is missing; ONE_HOP=false does without',
      )
    : partitionsFinding(
        state,
        most,
        'differs',
        'with ONE_HOP=true one instance owns the partitions of the same number, and dispatchers do not start without',
      );
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
