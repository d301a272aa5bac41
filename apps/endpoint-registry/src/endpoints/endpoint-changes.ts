import { randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import { endpointStateSchema, isUuid, recordHeaders, Topics } from '@skillora/contracts';
import { notFound, unavailable } from '@skillora/rest';
import { generateSecret } from '@skillora/signing';
import { DataSource, type EntityManager } from 'typeorm';

import type { Author } from '../changes/author.js';
import { ChangeLog } from '../changes/change-log.js';
import type { Action } from '../changes/entry.js';
import {
  IdempotencyKeys,
  type KeyedRequest,
  mayComeSecond,
  underWay,
} from '../idempotency/idempotency-keys.js';
import type { Answered } from '../idempotency/once-by-key.js';
import { OrganizationTurns } from '../limits/organization-turns.js';
import { writeOutbox } from '../outbox/outbox.js';
import { OutboxRelay } from '../outbox/relay.js';
import { REGISTRY_SETTINGS, type RegistrySettings } from '../settings.js';
import { announceEndpoint, updateAndAnnounce } from './announce-endpoint.js';
import {
  type CreatedEndpoint,
  type EndpointChoice,
  type EndpointRow,
  type NewEndpointChoice,
  presentEndpoint,
  presentSecret,
} from './endpoint.js';
import { demandChange } from './change-limit.js';
import { Endpoint, NEXT_VERSION } from './endpoint.entity.js';
import { demandPossible } from './endpoint-filter.js';
import { demandRoomForEndpoint } from './endpoint-limit.js';
import { formerSecretsAfter } from './former-secrets.js';
import { changedOptions, NO_OPTIONS } from './sealed-options.js';
import { switchedOn } from '../health/switched-on.js';

type SealedSecrets = Pick<Endpoint, 'sealedSecret' | 'formerSecrets'>;

/** The locked row of an endpoint, as far as changes depend on it. */
export type LockedEndpoint = Pick<
  EndpointRow,
  'is_active' | 'held_since' | 'headers' | 'authentication' | 'sealed_secret' | 'former_secrets'
>;

/**
 * Changes endpoints. Every change, its outbox row and its entry in the log of changes are one transaction. Every method
 * resolves only when Kafka has the change, so the change applies to every event that is accepted after the answer.
 */
@Injectable()
export class EndpointChanges {
  constructor(
    private readonly dataSource: DataSource,
    private readonly relay: OutboxRelay,
    private readonly keys: IdempotencyKeys,
    private readonly turns: OrganizationTurns,
    private readonly log: ChangeLog,
    @Inject(REGISTRY_SETTINGS) private readonly settings: RegistrySettings,
  ) {}

  /**
   * Creates an endpoint, with a generated secret unless one is given. If Kafka cannot be reached, nothing is
   * created. So a request with the key of one that is under way is refused, and does not wait for its answer as
   * with `OnceByKey`: that one may be undone.
   * @param keyed the idempotency key of the request; the answer is stored under it.
   * @throws {RefusalException} 409 when the organisation has reached its limit of endpoints, or while another request
   * with the key is under way, 429 when it has made too many changes, 503 when nothing was created.
   * @throws {InvalidFieldsException} when the key was used for another request.
   */
  async create(
    author: Author,
    organizationId: string,
    given: NewEndpointChoice,
    keyed: KeyedRequest | null,
  ): Promise<Answered<CreatedEndpoint>> {
    const before = keyed && (await this.createdBefore(keyed));
    if (before) return { answer: before, replayed: true };
    // The options are stored sealed only.
    const { secret: ownSecret, headers: _headers, authentication: _authentication, ...choice } = given;
    const secret = ownSecret ?? generateSecret();
    const id = randomUUID();
    const { box } = this.settings.secretsKey;
    const options = changedOptions(box, id, NO_OPTIONS, given);
    const make = async (manager: EntityManager): Promise<CreatedEndpoint> => {
      await demandRoomForEndpoint(manager, author, organizationId, this.settings);
      const now = new Date();
      await manager.insert(Endpoint, {
        ...{ id, organizationId, ...choice, events: [...choice.events] },
        ...{ version: '1', createdAt: now, updatedAt: now },
        ...options,
        sealedSecret: box.seal(secret, id),
      });
      const answer = presentEndpoint(await announceEndpoint(manager, id), this.settings, secret);
      if (keyed) await this.keys.claim(manager, keyed, answer);
      return answer;
    };
    const deed = { organizationId, action: 'endpoint.created', id } as const;
    let created: CreatedEndpoint;
    try {
      created = await this.turns.inTurn(organizationId, () =>
        this.dataSource.transaction((manager) => this.log.change(manager, author, deed, () => make(manager))),
      );
    } catch (error) {
      // Of several requests with one key, the first may have used up the limit; the others must get its answer.
      const meanwhile = keyed && mayComeSecond(error) ? await this.createdBefore(keyed) : null;
      if (meanwhile) return { answer: meanwhile, replayed: true };
      throw error;
    }
    await this.inEffectOr(() => this.remove(author, organizationId, id, keyed));
    if (keyed) await this.keys.settle(keyed);
    return { answer: created, replayed: false };
  }

  /**
   * Changes the given fields.
   * @throws {RefusalException} 404 when the organisation has no such endpoint, 429 when it has made too many changes.
   * @throws {InvalidFieldsException} for a filter that can never be true for the events.
   */
  async change(
    author: Author,
    organizationId: string,
    id: string,
    choice: Partial<EndpointChoice>,
  ): Promise<EndpointRow> {
    const row = await this.lock(author, organizationId, id, 'endpoint.updated', async (manager, before) => {
      await demandChange(manager, author, organizationId, this.settings);
      const { events, headers, authentication, ...others } = choice;
      const { box } = this.settings.secretsKey;
      const options = headers || authentication ? changedOptions(box, id, before, choice) : null;
      const now = new Date();
      const changes = {
        ...others,
        ...options,
        ...(events && { events: [...events] }),
        ...(choice.isActive === true && !before.is_active ? switchedOn(now) : {}),
      };
      const changed = await updateAndAnnounce(manager, id, changes, now);
      // The one that is not in the body stays as it was, and both must fit together.
      if (choice.filter !== undefined || events) demandPossible(changed.filter, changed.events);
      return changed;
    });
    await this.relay.flush();
    return row;
  }

  /**
   * Gives an endpoint a new secret, which signs every attempt from now on. The former secret also signs for
   * `keepFormerMs`, in the header of Standard Webhooks; 0 ends it, and all former ones, at once. If Kafka
   * cannot be reached, nothing changes, because nobody would learn the new secret.
   * @throws {RefusalException} as {@link change} does.
   */
  async regenerateSecret(
    author: Author,
    organizationId: string,
    id: string,
    keepFormerMs: number,
  ): Promise<{ secret: string; formerExpiresAt: Date | null }> {
    const secret = generateSecret();
    const sealed = this.settings.secretsKey.box.seal(secret, id);
    const now = new Date();
    const formerExpiresAt = keepFormerMs === 0 ? null : new Date(now.getTime() + keepFormerMs);
    const before = await this.lock(
      author,
      organizationId,
      id,
      'endpoint.secret_regenerated',
      async (manager, { sealed_secret: sealedSecret, former_secrets: formerSecrets }) => {
        await demandChange(manager, author, organizationId, this.settings);
        const replaced = { sealedSecret, formerSecrets };
        await updateAndAnnounce(manager, id, {
          sealedSecret: sealed,
          formerSecrets: formerSecretsAfter(replaced, formerExpiresAt, now),
        });
        return replaced;
      },
    );
    await this.inEffectOr(() => this.restoreSecrets(author, organizationId, id, sealed, before));
    return { secret, formerExpiresAt };
  }

  /** Deletes an endpoint. Its past deliveries stay; nothing more is sent to it. */
  async delete(author: Author, organizationId: string, id: string): Promise<void> {
    await this.lock(author, organizationId, id, 'endpoint.deleted', (manager) =>
      this.markDeleted(manager, id),
    );
    await this.relay.flush();
  }

  /**
   * Changes one endpoint in a transaction. The locks of the organisation and the row give the outbox rows the same
   * order as the changes.
   * @throws {RefusalException} 404 when the organisation has no such endpoint.
   */
  async lock<T>(
    author: Author,
    organizationId: string,
    id: string,
    action: Action,
    work: (manager: EntityManager, before: LockedEndpoint) => Promise<T>,
  ): Promise<T> {
    if (!isUuid(id)) throw notFound();
    const locked = (manager: EntityManager): Promise<T> =>
      this.log.change(manager, author, { organizationId, action, id }, (before) => {
        if (before === null || before['deleted_at'] !== null) throw notFound();
        return work(manager, before as LockedEndpoint);
      });
    return this.turns.inTurn(organizationId, () => this.dataSource.transaction(locked));
  }

  /**
   * The answer to an earlier creation under the same key, or null when there was none.
   * @throws {RefusalException} 409 while that request is in progress, 503 while its change cannot take effect.
   */
  private async createdBefore(keyed: KeyedRequest): Promise<CreatedEndpoint | null> {
    const earlier = await this.keys.earlierAnswer(keyed);
    if (earlier && !earlier.settled) {
      if (!earlier.abandoned) throw underWay();
      // The process that created it has ended without knowing whether Kafka has the change.
      await this.relay.flush();
      await this.keys.settle(keyed);
    }
    const answer = (earlier?.answer ?? null) as CreatedEndpoint | null;
    // An older release stored the answer without the second form of the secret.
    return answer?.secret === undefined ? answer : { ...answer, ...presentSecret(answer.secret) };
  }

  private async markDeleted(manager: EntityManager, id: string): Promise<void> {
    const now = new Date();
    await manager.update(Endpoint, { id }, { deletedAt: now, version: NEXT_VERSION, updatedAt: now });
    await writeOutbox(manager, [
      { topic: Topics.endpoints, key: id, headers: recordHeaders(endpointStateSchema), value: null },
    ]);
  }

  /**
   * Resolves when everything committed is in Kafka. Otherwise it undoes the change, because its answer cannot
   * be sent.
   * @throws {RefusalException} 503 that says so.
   */
  private async inEffectOr(takeBack: () => Promise<void>): Promise<void> {
    try {
      await this.relay.flush();
    } catch {
      await takeBack();
      throw unavailable('Nothing was changed, because the change could not be put into effect.', 5);
    }
  }

  /** Undoes a creation, unless a later request with its key has found it and answered with it. */
  private async remove(
    author: Author,
    organizationId: string,
    id: string,
    keyed: KeyedRequest | null,
  ): Promise<void> {
    await this.dataSource.transaction((manager) =>
      this.log.change(manager, author, { organizationId, action: 'endpoint.withdrawn', id }, async () => {
        if (keyed === null || (await this.keys.release(manager, keyed))) await this.markDeleted(manager, id);
      }),
    );
  }

  /** Restores the former secrets, unless another change came meanwhile. */
  private async restoreSecrets(
    author: Author,
    organizationId: string,
    id: string,
    sealed: string,
    before: SealedSecrets,
  ): Promise<void> {
    await this.dataSource.transaction((manager) =>
      this.log.change(manager, author, { organizationId, action: 'endpoint.withdrawn', id }, async (row) => {
        if (row?.['sealed_secret'] !== sealed || row['deleted_at'] !== null) return;
        await updateAndAnnounce(manager, id, before);
      }),
    );
  }
}
