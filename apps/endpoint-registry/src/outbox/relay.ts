import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Topics } from '@skillora/contracts';
import { RecordProducer } from '@skillora/kafka';
import { FreshRuns, LOGGER, type Logger, withinTime } from '@skillora/operability';
import { unavailable } from '@skillora/rest';
import { Gauge } from 'prom-client';
import { DataSource, type EntityManager, In } from 'typeorm';

import { REGISTRY_SETTINGS, type RegistrySettings } from '../settings.js';
import { EndpointsLooks } from './endpoints-looks.js';
import { OnceOnlyWriter } from './once-only-writer.js';
import { OutboxRecord } from './outbox-record.entity.js';
import { byEndpoint, byOrganization, type KeyOf } from './owner-keys.js';

/**
 * The key of the advisory lock that lets only one instance at a time move records, so that their order is
 * kept.
 */
export const RELAY_LOCK = 7_214_002;
const RECORDS_PER_PASS = 300;
/** Rows that a crashed instance left are moved within this time, ms. */
const POLL_MS = 1_000;
/** How long an answer waits for Kafka, ms. */
const FLUSH_LIMIT_MS = 10_000;
/** How long a scrape of the metrics waits for the database, ms. */
const COUNT_LIMIT_MS = 1_000;

/** What a pass has done. */
interface Pass {
  /** The ids of the rows that are in Kafka and deleted. */
  readonly moved: ReadonlySet<string>;
  /** Why rows of endpoints are still there; null if they are not. */
  readonly stuck: { readonly error: unknown } | null;
}

/**
 * Moves the outbox to Kafka, in order, and deletes rows that Kafka has on every in-sync replica. After a
 * crash a row may be written again. For states and marks this changes nothing, because the newest one counts;
 * deliveries and notices are written exactly once.
 *
 * A row of an endpoint is deleted when each partition of the events has a look behind its state. A change is answered
 * when its row is gone, no matter which instance moved it; so every event that is accepted after the answer is behind a look.
 */
@Injectable()
export class OutboxRelay implements OnApplicationBootstrap, OnModuleDestroy {
  /** Callers that wait for the same pass share it. */
  private readonly passes = new FreshRuns(() => this.moveAll());
  /** The looks of the timer. */
  private readonly looks = new FreshRuns(() => this.moveWhatIsLeft());
  private poll: NodeJS.Timeout | null = null;

  constructor(
    private readonly dataSource: DataSource,
    private readonly producer: RecordProducer,
    private readonly onceOnly: OnceOnlyWriter,
    private readonly endpointsLooks: EndpointsLooks,
    @Inject(REGISTRY_SETTINGS) private readonly settings: Pick<RegistrySettings, 'isOneHop'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    new Gauge({
      name: 'webhook_outbox_rows',
      help: 'Changes that are stored in PostgreSQL but not yet in Kafka',
      async collect() {
        const counted = dataSource.manager.count(OutboxRecord);
        const rows = await withinTime(counted, COUNT_LIMIT_MS).catch(() => 'late' as const);
        // Without the database, the other metrics are needed all the more: this one has no value then.
        if (rows === 'late') this.reset();
        else this.set(rows);
      },
    });
  }

  onApplicationBootstrap(): void {
    this.poll = setInterval(() => {
      if (this.looks.underWay || this.passes.underWay) return;
      this.looks.afterNow().catch((error: unknown) => this.logStuck(error));
    }, POLL_MS);
    this.poll.unref();
  }

  async onModuleDestroy(): Promise<void> {
    if (this.poll) clearInterval(this.poll);
    this.poll = null;
    await this.looks.underWay?.catch(() => undefined);
    await this.passes.underWay?.catch(() => undefined);
    await this.onceOnly.close();
    await this.endpointsLooks.close();
  }

  /**
   * Resolves when everything that was committed before this call is in Kafka.
   * @throws {RefusalException} 503 when that takes too long; the rows stay and are moved later.
   */
  async flush(): Promise<void> {
    try {
      if ((await withinTime(this.passes.afterNow(), FLUSH_LIMIT_MS)) !== 'late') return;
    } catch (error) {
      this.logStuck(error);
    }
    throw unavailable(
      'The change is stored but not yet in effect. It takes effect by itself; repeating the request is safe.',
      5,
    );
  }

  /** A look without a transaction, because nearly always nothing is left. */
  private async moveWhatIsLeft(): Promise<void> {
    const isLeft = await this.dataSource.manager.exists(OutboxRecord);
    if (isLeft && this.poll) await this.passes.afterNow();
  }

  private logStuck(error: unknown): void {
    this.logger.error(
      { err: error },
      'the outbox cannot be moved to Kafka. Changes of endpoints and tokens are stored but not in effect until it can. Fix what the error names, usually the brokers',
    );
  }

  private async moveAll(): Promise<void> {
    for (let fenced = false; ;) {
      try {
        const pass = await this.dataSource.transaction((manager) => this.move(manager));
        this.onceOnly.settled(pass.moved);
        if (pass.stuck) throw pass.stuck.error;
        if (pass.moved.size < RECORDS_PER_PASS) return;
      } catch (error) {
        this.onceOnly.unsettled();
        // Another instance wrote last; this one takes over and continues.
        if (fenced || !isFenced(error)) throw error;
        fenced = true;
      }
    }
  }

  private async move(manager: EntityManager): Promise<Pass> {
    await manager.query('SELECT pg_advisory_xact_lock($1)', [RELAY_LOCK]);
    // SQL, because each change waits for this: a pass moves many rows, and needs no entities of them.
    const rows = await manager.query<OutboxRecord[]>(
      'SELECT id, topic, key, headers, value FROM outbox ORDER BY id LIMIT $1',
      [RECORDS_PER_PASS],
    );
    if (rows.length === 0) return { moved: new Set(), stuck: null };
    const inKafka = rows.some(isOnceOnly) ? await this.writtenBefore(manager) : new Set<string>();
    const keyOf = this.settings.isOneHop ? await byOrganization(manager, rows) : byEndpoint;
    for (const run of runsOfAKind(rows.filter(({ id }) => !inKafka.has(id)))) await this.write(run, keyOf);
    if (rows.some(isOfEndpoint)) return this.deleteBehindLooks(manager, rows);
    return { moved: await deleted(manager, rows), stuck: null };
  }

  /**
   * Deletes rows while the looks behind them are written, because a change waits for both. The deletion counts with the
   * end of the transaction, and so after the looks. Without the looks, rows of endpoints stay.
   */
  private async deleteBehindLooks(manager: EntityManager, rows: readonly OutboxRecord[]): Promise<Pass> {
    const deletion = manager.query('SAVEPOINT before_deletion').then(() => deleted(manager, rows));
    const [stuck, moved] = await Promise.all([this.look(), deletion]);
    if (!stuck) return { moved, stuck };
    await manager.query('ROLLBACK TO SAVEPOINT before_deletion');
    const others = rows.filter((row) => !isOfEndpoint(row));
    return { moved: await deleted(manager, others), stuck };
  }

  /**
   * Writes looks behind the states of a pass. Other rows do not wait for them: a token is revoked also while a partition
   * of the events cannot be written.
   * @returns why a partition may not have its look; null if each has.
   */
  private async look(): Promise<Pass['stuck']> {
    return this.endpointsLooks.afterNow().then(
      () => null,
      (error: unknown) => ({ error }),
    );
  }

  /**
   * Finds the rows that are in Kafka already and only need to be deleted. Ids of deleted rows are forgotten,
   * because an instance that takes over would otherwise collect them for ever, and Kafka limits their size.
   */
  private async writtenBefore(manager: EntityManager): Promise<ReadonlySet<string>> {
    const written = await this.onceOnly.takeOver();
    const kept = await manager.find(OutboxRecord, { select: { id: true }, where: { id: In(written) } });
    const inKafka = new Set(kept.map(({ id }) => id));
    this.onceOnly.settled(new Set(written.filter((id) => !inKafka.has(id))));
    return inKafka;
  }

  private async write(rows: readonly OutboxRecord[], keyOf: KeyOf): Promise<void> {
    const records = rows.map((row) => {
      const { topic, headers, value } = row;
      return { topic, key: keyOf(row), headers, value };
    });
    if (!rows.some(isOnceOnly)) await this.producer.send(records);
    else
      await this.onceOnly.write(
        records,
        rows.map(({ id }) => id),
      );
  }
}

/** Kafka's error number for a producer whose id another one has taken over; kafkajs has no name for it. */
const PRODUCER_FENCED = 90;

/**
 * Brokers use one code or the other, depending on the version of the request. They also forget an id that has
 * written nothing for a week (`transactional.id.expiration.ms`); then the id is taken over in the same way.
 */
function isFenced(error: unknown): boolean {
  const { type, code } = error as { type?: unknown; code?: unknown };
  return (
    type === 'INVALID_PRODUCER_EPOCH' || type === 'INVALID_PRODUCER_ID_MAPPING' || code === PRODUCER_FENCED
  );
}

/** Deletes rows. @returns their ids. */
async function deleted(manager: EntityManager, rows: readonly OutboxRecord[]): Promise<ReadonlySet<string>> {
  const ids = rows.map(({ id }) => id);
  await manager.query('DELETE FROM outbox WHERE id = ANY($1::bigint[])', [ids]);
  return new Set(ids);
}

/** Who matches events must know of it before the events that are accepted after its answer. */
function isOfEndpoint({ topic }: OutboxRecord): boolean {
  return topic === Topics.endpoints;
}

/** A delivery that is in Kafka twice is attempted twice, and others read the notices. */
function isOnceOnly({ topic }: OutboxRecord): boolean {
  return topic === Topics.deliveries || topic === Topics.notices;
}

/** Splits rows, in order, into runs that are written in the same way. */
function runsOfAKind(rows: readonly OutboxRecord[]): OutboxRecord[][] {
  const runs: OutboxRecord[][] = [];
  for (const row of rows) {
    const run = runs.at(-1);
    if (run?.[0] && isOnceOnly(run[0]) === isOnceOnly(row)) run.push(row);
    else runs.push([row]);
  }
  return runs;
}
