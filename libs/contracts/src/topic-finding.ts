/** The settings of a topic that are checked. */
export const CHECKED_SETTINGS = [
  'cleanup.policy',
  'compression.type',
  'max.message.bytes',
  'message.timestamp.type',
  'min.insync.replicas',
  'retention.bytes',
  'retention.ms',
  'unclean.leader.election.enable',
] as const;

export type CheckedSetting = (typeof CHECKED_SETTINGS)[number];

/** How a topic differs from what is needed. */
export interface TopicFinding {
  /** `loses`: records would be lost, so a service must not start. `differs`: an operator should know. */
  readonly severity: 'loses' | 'differs';
  readonly topic: string;
  readonly setting: CheckedSetting | 'partitions' | 'replicas';
  readonly value: string;
  readonly needed: string;
  /** The consequence, as a clause. */
  readonly because: string;
  /** The command that fixes it; its first word is one of Kafka's own programs. */
  readonly mend: string;
}

/** One line that names topic, setting, value, what is needed, why, and the command. */
export function describeFinding({ topic, setting, value, needed, because, mend }: TopicFinding): string {
  return `topic ${topic}: ${setting} is ${value} and must be ${needed}, because ${because}. Fix it with: ${mend}`;
}

/** The command that sets a topic's setting. */
export function alter(topic: string, setting: CheckedSetting, value: string): string {
  return `kafka-configs.sh --bootstrap-server … --alter --entity-type topics --entity-name ${topic} --add-config ${setting}=${value}`;
}
