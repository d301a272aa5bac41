import type { Delivery } from '@skillora/contracts';

import type { Random } from './random.js';

/** The reaction of a customer's server to a request. */
export interface ServerAnswer {
  /** Null: no answer until the time limit, or the connection is refused. */
  readonly status: number | null;
  readonly afterMs: number;
  readonly retryAfterMs: number | null;
  /** No connection could be opened: nothing of the request was sent. */
  readonly refused?: true;
}

/** A request as it reached a customer's server. */
export interface Arrival {
  readonly attempt: string;
  readonly delivery: Delivery;
  /** What was sent. */
  readonly body: string;
  readonly at: number;
  readonly answer: ServerAnswer;
  /** The dispatcher that made it. */
  readonly instance: string;
}

/** The kinds of customer's servers in a scenario. */
export const CHARACTERS = [
  'prompt',
  'slow',
  'hangs',
  'refuses',
  'fails',
  'asks-for-time',
  'gone',
  'comes-back',
  'wakes',
  'restarts',
  'flaky',
] as const;
/** One that postpones asks for a little more time than the first delay of the schedule. */
export type Character = (typeof CHARACTERS)[number] | 'postpones';

/** The time limit of an attempt. */
export const TIME_LIMIT_MS = 30_000;

const REFUSED: ServerAnswer = { status: null, afterMs: 1, retryAfterMs: null, refused: true };

/** A customer's server of a certain kind. */
export class CustomerServer {
  /** When a server that recovers answers again, ms since the epoch. */
  readonly backAt: number;
  /** How long a server that restarts is up, and then down, ms. */
  private readonly upMs: number;
  private readonly downMs: number;

  constructor(
    readonly character: Character,
    private readonly random: Random,
    startedAt: number,
  ) {
    this.backAt =
      startedAt +
      random.between(0, random.pick(character === 'wakes' ? [60_000, 300_000] : [300_000, 1_800_000]));
    this.upMs = random.between(1_000, 5_000);
    this.downMs = random.between(1_000, 5_000);
  }

  answer(now: number): ServerAnswer {
    const { random } = this;
    const ok = { status: 200, afterMs: random.between(1, 40), retryAfterMs: null };
    const hangs = { status: null, afterMs: TIME_LIMIT_MS, retryAfterMs: null };
    const fails = { status: 500, afterMs: random.between(1, 40), retryAfterMs: null };
    switch (this.character) {
      case 'prompt':
        return ok;
      case 'slow':
        return { ...ok, afterMs: random.between(1_000, 20_000) };
      case 'hangs':
        return hangs;
      case 'refuses':
        return REFUSED;
      case 'fails':
        return fails;
      case 'asks-for-time':
        return random.chance(0.6)
          ? { status: 429, afterMs: 5, retryAfterMs: random.between(1, 4_000) * 1_000 }
          : ok;
      case 'postpones':
        return { status: 503, afterMs: 5, retryAfterMs: random.between(61, 119) * 1_000 };
      case 'gone':
        return { status: 410, afterMs: 5, retryAfterMs: null };
      case 'comes-back':
        return now < this.backAt ? REFUSED : ok;
      case 'wakes':
        return now < this.backAt ? hangs : ok;
      case 'restarts':
        return now % (this.upMs + this.downMs) < this.upMs ? ok : REFUSED;
      case 'flaky':
        return random.pick([ok, ok, fails, hangs]);
    }
  }
}
