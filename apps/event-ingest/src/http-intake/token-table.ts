import { type ApiTokenState, apiTokenStateSchema, Topics } from '@skillora/contracts';
import { TopicTable } from '@skillora/kafka';
import type { Logger } from '@skillora/operability';
import { type TokenDirectory, unavailable, withinTime } from '@skillora/rest';
import type { Kafka } from 'kafkajs';

/** After this a copy makes sure that it has read everything, while it still answers, ms. */
const MAKE_SURE_AFTER_MS = 1_000;
/** A copy that could not make sure for so long answers nobody until it has: a revocation may have passed it by, ms. */
const TRUSTED_FOR_MS = 3_000;

/** Every token's hash and what it may do, held in memory from its topic: this service has no database. */
export class TokenTable implements TokenDirectory {
  private readonly tokens = new Map<string, ApiTokenState>();
  private readonly table: TopicTable<ApiTokenState>;
  /** Everything written until then has been read, ms since the epoch. */
  private currentAt = 0;

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
   * The token of that hash. One that is not known may only be new, so the topic is asked before it is refused; and while
   * tokens are asked for, the topic is asked every second or so whether all of it was read, so that a token counts no
   * longer than some seconds after its revocation, whatever became of the connection that follows the topic.
   * @throws {Refusal} 503 when Kafka does not answer that in time.
   */
  async find(hash: string): Promise<ApiTokenState | null> {
    const known = this.tokens.get(hash);
    const age = Date.now() - this.currentAt;
    if (!known || age > TRUSTED_FOR_MS) await this.makeSureInTime();
    else if (age > MAKE_SURE_AFTER_MS) void this.makeSure();
    return this.tokens.get(hash) ?? null;
  }

  private async makeSureInTime(): Promise<void> {
    if ((await withinTime(this.makeSure(), this.patienceMs)) === 'late') {
      throw unavailable('The token cannot be checked at the moment.', 5);
    }
  }

  private async makeSure(): Promise<'current' | 'late'> {
    const asked = Date.now();
    try {
      await this.table.caughtUp();
    } catch {
      return 'late';
    }
    this.currentAt = Math.max(this.currentAt, asked);
    return 'current';
  }
}
