import { createHash } from 'node:crypto';

import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { LOGGER, type Logger } from '@skillora/operability';
import { conflict, InvalidFieldsException, RefusalException } from '@skillora/rest';
import { SealedSecretError } from '@skillora/signing';
import { DataSource, type EntityManager, IsNull } from 'typeorm';

import { IdempotencyKey } from './idempotency-key.entity.js';
import { REGISTRY_SETTINGS, type RegistrySettings } from '../settings.js';

/** A request with an idempotency key: its organisation and its content, in canonical form. */
export interface KeyedRequest {
  readonly organizationId: string;
  readonly key: string;
  /** For a creation its body, which is JSON; for other requests a text that is not JSON. */
  readonly body: string;
}

/** What is stored of an earlier request. */
export interface EarlierAnswer {
  readonly answer: unknown;
  /** Its change is known to be in effect. */
  readonly settled: boolean;
  /** It has not ended after so long that its process must be dead. */
  readonly abandoned: boolean;
}

interface Exchange {
  /** As {@link kept}. */
  readonly body: string;
  readonly answer: unknown;
}

interface KeyRow {
  readonly sealed_exchange: string;
  readonly settled: boolean;
  readonly abandoned: boolean;
}

const KEPT = "interval '24 hours'";
/** A request that has not ended after this time never ends: its process died. */
const ABANDONED = "interval '60 seconds'";
const SWEEP_MS = 10 * 60 * 1_000;
const KEYS_PER_STATEMENT = 10_000;
/** A body of more characters is kept as a hash: fields that are ignored may make it 64 KiB. */
const KEPT_WHOLE = 2_048;

/**
 * Stores answers under the idempotency keys of their requests, encrypted, for 24 hours. A key is claimed in
 * the transaction of its change, so neither exists without the other. It is settled when the change is in
 * effect.
 */
@Injectable()
export class IdempotencyKeys implements OnApplicationBootstrap, OnModuleDestroy {
  private sweep: NodeJS.Timeout | null = null;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(REGISTRY_SETTINGS) private readonly settings: RegistrySettings,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.sweep = setInterval(() => {
      this.deleteExpired().catch((error: unknown) => {
        this.logger.warn(
          { err: error },
          'expired idempotency keys could not be deleted. The service tries again later; nothing else is affected',
        );
      });
    }, SWEEP_MS);
    this.sweep.unref();
  }

  onModuleDestroy(): void {
    if (this.sweep) clearInterval(this.sweep);
  }

  /**
   * The answer that an earlier request with the same key got or will get; null when there was none.
   * @throws {InvalidFieldsException} when that was another request.
   */
  async earlierAnswer(request: KeyedRequest): Promise<EarlierAnswer | null> {
    // Ages are measured by the database's clock, which all instances share.
    const [row] = await this.dataSource.query<KeyRow[]>(
      `SELECT sealed_exchange, settled_at IS NOT NULL AS settled, created_at < now() - ${ABANDONED} AS abandoned
         FROM idempotency_keys
        WHERE organization_id = $1 AND key = $2 AND created_at > now() - ${KEPT}`,
      [request.organizationId, request.key],
    );
    if (!row) return null;
    const { body, answer } = this.open(row.sealed_exchange, request);
    if (body !== kept(request.body)) {
      throw new InvalidFieldsException({
        'Idempotency-Key': ['This key was used with another request before.'],
      });
    }
    return { answer, settled: row.settled, abandoned: row.abandoned };
  }

  /** @throws {RefusalException} 409 when the key that it was encrypted with was removed from SECRETS_KEY since. */
  private open(sealed: string, request: KeyedRequest): Exchange {
    try {
      return JSON.parse(this.settings.secretsKey.box.open(sealed, sealContext(request))) as Exchange;
    } catch (error) {
      if (!(error instanceof SealedSecretError)) throw error;
      this.logger.warn(
        { err: error },
        'the stored answer of an idempotency key cannot be opened, because SECRETS_KEY lacks the key it was sealed with. Keep a former key in SECRETS_KEY for 24 hours',
      );
      throw conflict('This Idempotency-Key was used before, and the answer to it can no longer be given.');
    }
  }

  /**
   * Claims a key for a request, with the answer that it will get.
   * @throws {RefusalException} 409 when another request has claimed it since it was looked up.
   */
  async claim(manager: EntityManager, request: KeyedRequest, answer: unknown): Promise<void> {
    const { organizationId, key, body } = request;
    const exchange: Exchange = { body: kept(body), answer };
    const sealed = this.settings.secretsKey.box.seal(JSON.stringify(exchange), sealContext(request));
    // An upsert with a condition: an expired key that was not deleted yet is free.
    const claimed = await manager.query<unknown[]>(
      `INSERT INTO idempotency_keys AS k (organization_id, key, sealed_exchange, created_at)
       VALUES ($1, $2, $3, now())
       ON CONFLICT (organization_id, key) DO UPDATE
          SET sealed_exchange = excluded.sealed_exchange, created_at = excluded.created_at, settled_at = NULL
        WHERE k.created_at <= now() - ${KEPT}
       RETURNING 1`,
      [organizationId, key, sealed],
    );
    if (claimed.length === 0) throw underWay();
  }

  /** Marks the key's change as in effect: from now on every request with the key gets its answer. */
  async settle({ organizationId, key }: KeyedRequest): Promise<void> {
    await this.dataSource.manager.update(
      IdempotencyKey,
      { organizationId, key },
      { settledAt: () => 'now()' },
    );
  }

  /**
   * Releases a key in the transaction that undoes its change; false when another request has settled it
   * since.
   */
  async release(manager: EntityManager, { organizationId, key }: KeyedRequest): Promise<boolean> {
    const { affected } = await manager.delete(IdempotencyKey, { organizationId, key, settledAt: IsNull() });
    return affected === 1;
  }

  /** Deletes all keys that are older than 24 hours. @param perStatement how many one statement deletes at most. */
  async deleteExpired(perStatement = KEYS_PER_STATEMENT): Promise<void> {
    for (;;) {
      const [, deleted] = await this.dataSource.query<[unknown[], number]>(
        `DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM idempotency_keys WHERE created_at <= now() - ${KEPT} LIMIT ${perStatement}))`,
      );
      if (deleted < perStatement) return;
    }
  }
}

/** The refusal of a request whose key belongs to a request in progress. */
export function underWay(): RefusalException {
  return conflict('A request with the same Idempotency-Key is under way. Try again shortly.');
}

/**
 * Whether a request may have been refused because another one with the same key was granted meanwhile. That one has
 * claimed the key, has changed what the request is about, or was the last that was allowed.
 */
export function mayComeSecond(error: unknown): boolean {
  return error instanceof RefusalException && [409, 429].includes(error.getStatus());
}

/** What is kept of a body, to compare another one with. */
function kept(body: string): string {
  return body.length <= KEPT_WHOLE ? body : `sha256:${createHash('sha256').update(body).digest('hex')}`;
}

/** An encrypted answer can only be opened under its own key. */
function sealContext({ organizationId, key }: KeyedRequest): string {
  return `idempotency:${organizationId}:${key}`;
}
