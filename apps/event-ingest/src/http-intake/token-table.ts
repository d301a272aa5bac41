import { type ApiTokenState, apiTokenStateSchema, Topics } from '@skillora/contracts';
import { TopicTable } from '@skillora/kafka';
import { type Logger, withinTime } from '@skillora/operability';
import { type TokenDirectory, unavailable } from '@skillora/rest';
import type { Kafka } from 'kafkajs';

/** After this time an instance checks that it has read everything; meanwhile it still answers, ms. */
const MAKE_SURE_AFTER_MS = 1_000;
/**
 * An instance that could not check this for so long answers nobody until it has: it may have missed a
 * revocation, ms.
 */
const TRUSTED_FOR_MS = 3_000;

/** The hash and the scopes of every token, held in memory from its topic: this service has no database. */
export class TokenTable implements TokenDirectory {
  private readonly tokens = new Map<string, ApiTokenState>();
  private readonly table: TopicTable<ApiTokenState>;
  /** Everything that was written until then has been read, ms since the epoch. */
  private currentAt = 0;

  /** @param patienceMs how long to look for an unknown token. */
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
   * The token with that hash. An unknown token may be new, so the topic is read to its end before the token
   * is refused. While requests come in, the topic is also checked about once a second. So a revoked token is
   * refused after some seconds at most, even if the connection to the topic is broken.
   * @throws {RefusalException} 503 when Kafka does not answer in time.
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
