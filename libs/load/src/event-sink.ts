/** A producer service, over Kafka or HTTP. */
export interface EventSink {
  /** Publishes one event for each mark; resolves once they are accepted. */
  publish(marks: readonly string[]): Promise<void>;
}
