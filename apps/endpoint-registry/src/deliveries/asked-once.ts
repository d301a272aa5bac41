import { Injectable } from '@nestjs/common';
import type { Span } from '@skillora/operability';
import type { EntityManager } from 'typeorm';

import type { KeyedRequest } from '../idempotency/idempotency-keys.js';
import { type Answered, OnceByKey } from '../idempotency/once-by-key.js';
import { OutboxRelay } from '../outbox/relay.js';

/** What a request did: its answer, and the spans of the work, which end when the work is in effect. */
export interface Done<T> {
  readonly answer: T;
  readonly spans: readonly Span[];
}

/** Does what a person asks for once, see {@link OnceByKey}, and answers when Kafka has it. */
@Injectable()
export class AskedOnce {
  constructor(
    private readonly once: OnceByKey,
    private readonly relay: OutboxRelay,
  ) {}

  /** @throws whatever {@link OnceByKey.do} does, and 503 while Kafka cannot be reached. */
  async do<T>(
    organizationId: string,
    keyed: KeyedRequest | null,
    work: (manager: EntityManager) => Promise<Done<T>>,
  ): Promise<Answered<T>> {
    let spans: readonly Span[] = [];
    const workWithSpans = async (manager: EntityManager): Promise<T> => {
      const done = await work(manager);
      spans = done.spans;
      return done.answer;
    };
    const answered = await this.once.do(organizationId, keyed, workWithSpans, () => this.relay.flush());
    // If the answer is an earlier one, what this request did was undone.
    if (!answered.replayed) for (const span of spans) span.end();
    return answered;
  }
}
