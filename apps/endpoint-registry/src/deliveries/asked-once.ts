import { Injectable } from '@nestjs/common';
import type { Span } from '@skillora/operability';
import { DataSource, type EntityManager } from 'typeorm';

import { IdempotencyKeys, type KeyedRequest, mayComeSecond } from '../idempotency/idempotency-keys.js';
import { OrganizationTurns } from '../limits/organization-turns.js';
import { OutboxRelay } from '../outbox/relay.js';

/** What a request did: its answer, and the spans of the work, which end when the work is in effect. */
export interface Done<T> {
  readonly answer: T;
  readonly spans: readonly Span[];
}

/** An answer, and whether it repeats the answer to an earlier request with the same key. */
export interface Answered<T> {
  readonly answer: T;
  readonly replayed: boolean;
}

/**
 * Does what a person asks for in one transaction, and answers when it is in effect. A request that is repeated with its
 * key gets the first answer, whatever has happened since.
 */
@Injectable()
export class AskedOnce {
  constructor(
    private readonly dataSource: DataSource,
    private readonly relay: OutboxRelay,
    private readonly keys: IdempotencyKeys,
    private readonly turns: OrganizationTurns,
  ) {}

  /**
   * @param keyed the request with its `Idempotency-Key`; null without one.
   * @throws whatever the work throws; its key is free then.
   */
  async do<T>(
    organizationId: string,
    keyed: KeyedRequest | null,
    work: (manager: EntityManager) => Promise<Done<T>>,
  ): Promise<Answered<T>> {
    const before = keyed && (await this.earlier<T>(keyed));
    if (before) return before;
    const make = async (manager: EntityManager): Promise<Done<T>> => {
      const made = await work(manager);
      if (keyed) await this.keys.claim(manager, keyed, made.answer);
      return made;
    };
    let done: Done<T>;
    try {
      done = await this.turns.inTurn(organizationId, () => this.dataSource.transaction(make));
    } catch (error) {
      const meanwhile = keyed && mayComeSecond(error) ? await this.earlier<T>(keyed) : null;
      if (meanwhile === null) throw error;
      return meanwhile;
    }
    await this.relay.flush();
    for (const span of done.spans) span.end();
    if (keyed) await this.keys.settle(keyed);
    return { answer: done.answer, replayed: false };
  }

  /**
   * The answer to the same request, if it came before. What that stored takes effect, so this waits for it.
   */
  private async earlier<T>(keyed: KeyedRequest): Promise<Answered<T> | null> {
    const earlier = await this.keys.earlierAnswer(keyed);
    if (earlier === null) return null;
    if (!earlier.settled) {
      await this.relay.flush();
      await this.keys.settle(keyed);
    }
    return { answer: earlier.answer as T, replayed: true };
  }
}
