import { checkTopics, type ClusterShape, type TopicState } from './topic-check.js';
import { describeFinding } from './topic-finding.js';
import { topicDefinitions, Topics } from './topics.js';

const definitions = topicDefinitions(3);
const THREE_BROKERS: ClusterShape = { brokers: 3, retryDelaysMs: [60_000, 300_000, 1_800_000] };
const RETRIES = 'webhook.retries.3';

/** Every topic as a release of today makes it on three brokers, but for what a test changes. */
function states(change: Readonly<Record<string, Partial<TopicState>>> = {}): TopicState[] {
  return definitions.map(({ name, partitions, config }) => {
    const { settings, ...rest } = change[name] ?? {};
    return {
      name,
      partitions: partitions === 'single' ? 1 : 6,
      replicas: 3,
      ...rest,
      settings: { 'min.insync.replicas': '2', ...config, ...settings },
    };
  });
}

const findings = (topic: string, change: Partial<TopicState>, shape = THREE_BROKERS) =>
  checkTopics(definitions, states({ [topic]: change }), shape);

it('nothing is found in topics as we make them', () => {
  expect(checkTopics(definitions, states(), THREE_BROKERS)).toEqual([]);
});

it('nothing is said of what cannot be found out, or is not there', () => {
  const unknown = definitions.map(({ name }) => ({ name, partitions: 6, replicas: 3, settings: {} }));
  expect(checkTopics(definitions, unknown, { ...THREE_BROKERS, brokers: 1 })).toEqual([]);
  expect(checkTopics(definitions, [], THREE_BROKERS)).toEqual([]);
});

describe('a topic loses records', () => {
  it.each([
    [Topics.events, 'cleanup.policy', 'compact'],
    [Topics.deliveries, 'cleanup.policy', 'compact,delete'],
    [Topics.interviewCompletions, 'cleanup.policy', 'compact'],
    [Topics.endpoints, 'cleanup.policy', 'delete'],
    [Topics.apiTokens, 'cleanup.policy', 'compact,delete'],
    [RETRIES, 'retention.ms', '5399999'],
    [Topics.fanOutLedger, 'retention.ms', '3600000'],
    [Topics.events, 'max.message.bytes', '500000'],
    [Topics.endpoints, 'max.message.bytes', '899999'],
    [Topics.interviewCompletionsDeadLetter, 'max.message.bytes', '1000000'],
  ])('%s, when %s is %s', (topic, setting, value) => {
    expect(findings(topic, { settings: { [setting]: value } })).toEqual([
      expect.objectContaining({ severity: 'loses', topic, setting, value }),
    ]);
  });

  it('the ledger of the fan-out, when it has fewer partitions than the events', () => {
    expect(findings(Topics.fanOutLedger, { partitions: 3 })).toEqual([
      expect.objectContaining({
        severity: 'loses',
        setting: 'partitions',
        value: '3',
        needed: '6, as webhook.events has',
      }),
    ]);
  });
});

describe('a topic differs from what is needed', () => {
  it.each([
    [Topics.events, 'compression.type', 'zstd'],
    [Topics.interviewCompletions, 'compression.type', 'producer'],
    [Topics.interviewCompletions, 'max.message.bytes', '10485760'],
    [Topics.interviewCompletions, 'message.timestamp.type', 'CreateTime'],
    [Topics.events, 'retention.ms', '86400000'],
    [Topics.deliveries, 'retention.bytes', '1073741824'],
    [Topics.endpoints, 'cleanup.policy', ''],
    [Topics.events, 'min.insync.replicas', '1'],
    [Topics.events, 'min.insync.replicas', '4'],
    [Topics.events, 'unclean.leader.election.enable', 'true'],
  ])('%s, when %s is %s', (topic, setting, value) => {
    expect(findings(topic, { settings: { [setting]: value } })).toEqual([
      expect.objectContaining({ severity: 'differs', topic, setting, value }),
    ]);
  });

  it('when it has a single replica on three brokers', () => {
    expect(findings(Topics.events, { replicas: 1, settings: { 'min.insync.replicas': '1' } })).toEqual([
      expect.objectContaining({ severity: 'differs', setting: 'replicas', value: '1', needed: '3' }),
    ]);
  });

  it('when the slow lane has fewer partitions than the main one', () => {
    expect(findings(Topics.slowDeliveries, { partitions: 1 })).toEqual([
      expect.objectContaining({ severity: 'differs', setting: 'partitions' }),
    ]);
  });

  it.each([Topics.deliveries, Topics.deliveryResults, Topics.fanOuts, RETRIES])(
    'when %s has fewer partitions than the events, which matters with one hop only',
    (topic) => {
      expect(findings(topic, { partitions: 3 })).toEqual([
        {
          severity: 'differs',
          topic,
          setting: 'partitions',
          value: '3',
          needed: '6, as webhook.events has',
          because:
            'with ONE_HOP=true one instance owns the partitions of the same number, and dispatchers do not start without',
          mend: `kafka-topics.sh --bootstrap-server … --alter --topic ${topic} --partitions 6`,
        },
      ]);
    },
  );

  it.each([Topics.events, Topics.slowDeliveries, Topics.deliveries, Topics.fanOuts, RETRIES])(
    'with one hop: %s with fewer partitions than others whose partitions have the same owners loses records',
    (topic) => {
      const found = checkTopics(definitions, states({ [topic]: { partitions: 3 } }), {
        ...THREE_BROKERS,
        isOneHop: true,
      });
      expect(found).toContainEqual(
        expect.objectContaining({ severity: 'loses', topic, setting: 'partitions', value: '3' }),
      );
    },
  );

  it('when another topic of the same owners has more partitions than it', () => {
    const found = checkTopics(definitions, states({ [RETRIES]: { partitions: 9 } }), THREE_BROKERS);
    const topics = found.map(({ topic, needed }) => [topic, needed]);
    const needed = `9, as ${RETRIES} has`;
    expect(topics).toEqual([
      [Topics.events, needed],
      [Topics.fanOuts, needed],
      [Topics.deliveries, needed],
      [Topics.slowDeliveries, needed],
      ['webhook.retries.1', needed],
      ['webhook.retries.2', needed],
      [Topics.deliveryResults, needed],
    ]);
  });
});

describe('a choice of the operator is', () => {
  it.each([
    ['records kept for longer', Topics.events, { settings: { 'retention.ms': '-1' } }],
    ['events kept for ever', Topics.events, { settings: { 'cleanup.policy': '' } }],
    ['larger records inside', Topics.deliveries, { settings: { 'max.message.bytes': '10485760' } }],
    [
      'timestamps of either kind inside',
      Topics.events,
      { settings: { 'message.timestamp.type': 'LogAppendTime' } },
    ],
    ['more partitions', Topics.fanOutLedger, { partitions: 12 }],
    [
      'two replicas with one in sync',
      Topics.events,
      { replicas: 2, settings: { 'min.insync.replicas': '1' } },
    ],
    ['all three replicas in sync', Topics.events, { settings: { 'min.insync.replicas': '3' } }],
  ])('%s', (_what, topic, change) => {
    expect(findings(topic, change)).toEqual([]);
  });

  it('a single replica on one or two brokers', () => {
    const single = { replicas: 1, settings: { 'min.insync.replicas': '1' } };
    expect(findings(Topics.events, single, { ...THREE_BROKERS, brokers: 2 })).toEqual([]);
  });
});

it('a finding is one line that names topic, setting, value, what is needed, why and the command', () => {
  const [finding] = findings(Topics.events, { settings: { 'cleanup.policy': 'compact' } });

  expect(describeFinding(finding!)).toBe(
    'topic webhook.events: cleanup.policy is compact and must be delete, because Kafka deletes all but the newest record of each key. ' +
      'Fix it with: kafka-configs.sh --bootstrap-server … --alter --entity-type topics --entity-name webhook.events --add-config cleanup.policy=delete',
  );
});
