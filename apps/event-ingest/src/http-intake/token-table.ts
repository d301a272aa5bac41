import type { ApiTokenState } from '@skillora/contracts';
import { apiTokenStateSchema, RecordSchemaError, Topics } from '@skillora/contracts';
import { TopicTable } from '@skillora/kafka';
import type { Logger } from '@skillora/operability';
import { type TokenDirectory, unavailable } from '@skillora/rest';
import type { Kafka } from 'kafkajs';

import { withinTime } from './within-time.js';

/** Every token's hash and what it may do, held in memory from its topic: this service has no database. */
export class TokenTable implements TokenDirectory {
  private readonly tokens = new Map<string, ApiTokenState>();
  private readonly table: TopicTable;

  /** @param patienceMs how long a token that is not known may take to be looked for. */
  constructor(
    kafka: Kafka,
    logger: Logger,
    private readonly patienceMs: number,
  ) {
    this.table = new TopicTable({
      kafka,
      topic: Topics.apiTokens,
      logger,
      apply: ({ key, value, offset }) => {
        try {
          if (value === null) this.tokens.delete(key);
          else this.tokens.set(key, apiTokenStateSchema.decode(value));
        } catch (error) {
          if (!(error instanceof RecordSchemaError)) throw error;
          logger.error({ err: error, offset: String(offset) }, 'not a token record; skipped');
        }
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
