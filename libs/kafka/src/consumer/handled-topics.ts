import type { RecordBatch } from './batch-handler.js';
import type { BatchTransportOptions } from './batch-transport-options.js';

/** A handler of batches, as Nest makes it from a method with {@link BatchHandler}. */
export type Handler = (batch: RecordBatch) => Promise<unknown>;

/** The topics that a transport reads, with their handlers. A pattern stands for itself or for several topics. */
export class HandledTopics {
  /** The topics behind patterns that are not a topic's name. */
  private readonly found = new Map<string, readonly string[]>();

  /** @param handlers by pattern; more may be added until the transport listens. */
  constructor(
    private readonly handlers: ReadonlyMap<string, Handler>,
    private readonly topics: NonNullable<BatchTransportOptions['topics']> = {},
  ) {}

  /** Looks up the topics behind the patterns. Rejects if one of the lookups does. */
  async find(): Promise<void> {
    for (const [pattern, topics] of Object.entries(this.topics)) {
      this.found.set(pattern, typeof topics === 'function' ? await topics() : topics);
    }
  }

  /** All topics that have a handler. */
  get all(): string[] {
    return [...this.handlers.keys()].flatMap((pattern) => this.topicsOf(pattern));
  }

  handlerOf(topic: string): Handler | undefined {
    for (const [pattern, handler] of this.handlers) {
      if (this.topicsOf(pattern).includes(topic)) return handler;
    }
    return undefined;
  }

  private topicsOf(pattern: string): readonly string[] {
    return this.found.get(pattern) ?? [pattern];
  }
}
