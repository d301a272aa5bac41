/** A partition of a topic. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** Identifies a partition in a map. */
export function partitionKey(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
