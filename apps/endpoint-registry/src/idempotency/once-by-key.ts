import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import { OrganizationTurns } from '../limits/organization-turns.js';
import { IdempotencyKeys, type KeyedRequest, mayComeSecond } from './idempotency-keys.js';

/** An answer, and whether it repeats the answer to an earlier request with the same key. */
export interface Answered<T> {
  readonly answer: T;
  readonly replayed: boolean;
}

/**
 * Does the work of a request in one transaction, in the turn of its organisation. A request that is repeated with its
 * key gets the first answer, whatever has happened since.
 */
@Injectable()
export class OnceByKey {
  constructor(
    private readonly dataSource: DataSource,
    private readonly keys: IdempotencyKeys,
    private readonly turns: OrganizationTurns,
  ) {}

  /**
   * @param keyed the request with its `Idempotency-Key`; null without one.
   * @param work answers the request; the key is stored in its transaction.
   * @param isInEffect resolves when all that was committed before is in effect. Nothing is answered earlier. Left out
   * if the commit itself puts the work into effect.
   * @throws whatever the work throws; the key is free then.
   * @throws whatever `isInEffect` throws; a repeated request then waits for the same work.
   */
  async do<T>(
    organizationId: string,
    keyed: KeyedRequest | null,
    work: (manager: EntityManager) => Promise<T>,
    isInEffect?: () => Promise<void>,
  ): Promise<Answered<T>> {
    const before = keyed && (await this.earlier<T>(keyed, isInEffect));
    if (before) return before;
    const answerOnce = async (manager: EntityManager): Promise<T> => {
      const answer = await work(manager);
      if (keyed) await this.keys.claim(manager, keyed, answer);
      return answer;
    };
    let answer: T;
    try {
      answer = await this.turns.inTurn(organizationId, () => this.dataSource.transaction(answerOnce));
    } catch (error) {
      const meanwhile = keyed && mayComeSecond(error) ? await this.earlier<T>(keyed, isInEffect) : null;
      if (meanwhile === null) throw error;
      return meanwhile;
    }
    await this.takeEffect(keyed, isInEffect);
    return { answer, replayed: false };
  }

  /** The answer to the same request, if it came before. What that request stored takes effect, so this waits for it. */
  private async earlier<T>(
    keyed: KeyedRequest,
    isInEffect?: () => Promise<void>,
  ): Promise<Answered<T> | null> {
    const earlier = await this.keys.earlierAnswer(keyed);
    if (earlier === null) return null;
    if (!earlier.settled) await this.takeEffect(keyed, isInEffect);
    return { answer: earlier.answer as T, replayed: true };
  }

  private async takeEffect(keyed: KeyedRequest | null, isInEffect?: () => Promise<void>): Promise<void> {
    if (!isInEffect) return;
    await isInEffect();
    if (keyed) await this.keys.settle(keyed);
  }
}
