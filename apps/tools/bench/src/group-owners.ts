import { type Admin, AssignerProtocol, Kafka, logLevel, Partitioners } from 'kafkajs';

const TOPICS = { 'fan-out': 'webhook.events', deliver: 'webhook.deliveries' } as const;
type Group = keyof typeof TOPICS;

/** Who owns which partition of the dispatchers' groups, by group and partition. */
export type Owners = ReadonlyMap<string, string>;

/** Asks the broker which instance owns which partition. */
export class GroupOwners {
  private constructor(
    private readonly admin: Admin,
    private readonly partitions: Readonly<Record<Group, number>>,
  ) {}

  static async connect(brokers: string[]): Promise<GroupOwners> {
    const admin = new Kafka({ clientId: 'bench', brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata({ topics: Object.values(TOPICS) });
    const count = (topic: string): number =>
      topics.find(({ name }) => name === topic)?.partitions.length ?? 0;
    return new GroupOwners(admin, { 'fan-out': count(TOPICS['fan-out']), deliver: count(TOPICS.deliver) });
  }

  async read(): Promise<Owners> {
    const owners = new Map<string, string>();
    const { groups } = await this.admin.describeGroups(Object.keys(TOPICS));
    for (const { groupId, members } of groups) {
      for (const { memberId, memberAssignment } of members) {
        const assigned = AssignerProtocol.MemberAssignment.decode(memberAssignment);
        for (const partition of assigned?.assignment[TOPICS[groupId as Group]] ?? [])
          owners.set(`${groupId}/${partition}`, memberId);
      }
    }
    return owners;
  }

  /** Whether the partition of a key has the same owner before and after. */
  stays(group: Group, key: string, before: Owners, after: Owners): boolean {
    const partitionMetadata = Array.from({ length: this.partitions[group] }, (_, partitionId) => ({
      partitionId,
      leader: 0,
      partitionErrorCode: 0,
      replicas: [],
      isr: [],
    }));
    const topic = TOPICS[group];
    const partition = Partitioners.DefaultPartitioner()({
      topic,
      partitionMetadata,
      message: { key, value: null },
    });
    const owner = `${group}/${partition}`;
    return before.get(owner) !== undefined && before.get(owner) === after.get(owner);
  }

  disconnect(): Promise<void> {
    return this.admin.disconnect();
  }
}
