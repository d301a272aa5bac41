/** A producer service, by whichever door it goes in. */
export interface EventSink {
  /** Publishes one event for each mark; resolves once they are accepted. */
  publish(marks: readonly string[]): Promise<void>;
}
