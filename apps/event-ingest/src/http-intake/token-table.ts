import { type ApiTokenState, apiTokenStateSchema, Topics } from '@skillora/contracts';
import { TopicTable } from '@skillora/kafka';
import type { Logger } from '@skillora/operability';
import { type TokenDirectory, unavailable, withinTime } from '@skillora/rest';
import type { Kafka } from 'kafkajs';

/** Every token's hash and what it may do, held in memory from its topic: this service has no database. */
export class TokenTable implements TokenDirectory {
  private readonly tokens = new Map<string, ApiTokenState>();
  private readonly table: TopicTable<ApiTokenState>;

  /** @param patienceMs how long a token that is not known may take to be looked for. */
  constructor(
    kafka: Kafka,
    logger: Logger,
    private readonly patienceMs: number,
  ) {
    this.table = new TopicTable({
      kafka,
      topic: Topics.apiTokens,
      schema: apiTokenStateSchema,
      logger,
      apply: ({ key, state }) => {
        if (state === null) this.tokens.delete(key);
        else this.tokens.set(key, state);
      },
    });
  }

  get ready(): boolean {
    return this.table.ready;
  }

  start(): Promise<void> {
    return this.table.start();
  }

  stop(): Promise<void> {
    return this.table.stop();
  }

  /**
   * The token of that hash. One that is not known may only be new, so the topic is asked before it is refused.
   * @throws {Refusal} 503 when Kafka does not answer that in time.
   */
  async find(hash: string): Promise<ApiTokenState | null> {
    const known = this.tokens.get(hash);
    if (known) return known;
    const asked = this.table.caughtUp().catch(() => 'late' as const);
    if ((await withinTime(asked, this.patienceMs)) === 'late') {
      throw unavailable('The token cannot be checked at the moment.', 5);
    }
    return this.tokens.get(hash) ?? null;
  }
}
