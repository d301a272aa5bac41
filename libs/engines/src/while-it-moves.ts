import { setTimeout as delay } from 'node:timers/promises';

/** What a wait sees when it looks. */
export interface Look {
  /** True once there is nothing left to wait for. */
  readonly over: boolean;
  /** How far it has come, in any unit. Only what is greater than ever before counts as movement. */
  readonly come: number;
}

export interface Patience {
  /** So long nothing may move before the wait ends, ms. */
  readonly stillMs?: number;
  /** How long after a look the next one begins, ms. */
  readonly everyMs?: number;
}

/** Longer than any pause that the system makes by itself, a retry's wait or a broker's return, on a slow machine too. */
const STILL_MS = 180_000;
const EVERY_MS = 250;

/** A wait ended before what it waits for, because nothing moved any more. */
export class NothingMoves extends Error {
  override readonly name = 'NothingMoves';
}

/**
 * Looks again and again until a look says that it is over. There is no limit in time while something moves: a slow machine
 * is waited for, a system that does nothing any more is not.
 * @param what what is waited for, as the error says it.
 * @throws {NothingMoves} after `stillMs` without movement, three minutes unless told otherwise.
 */
export async function whileItMoves(
  what: string,
  look: () => Look | Promise<Look>,
  { stillMs = STILL_MS, everyMs = EVERY_MS }: Patience = {},
): Promise<void> {
  const began = performance.now();
  let movedAt = began;
  let furthest = Number.NEGATIVE_INFINITY;
  for (;;) {
    const { over, come } = await look();
    if (over) return;
    const now = performance.now();
    if (come > furthest) {
      furthest = come;
      movedAt = now;
    } else if (now - movedAt > stillMs) {
      const [waited, still] = [now - began, stillMs].map((ms) => Math.round(ms / 100) / 10);
      throw new NothingMoves(
        `${what}: waited ${waited} s for it, and nothing has moved for the last ${still} s (it has come to ${furthest})`,
      );
    }
    await delay(everyMs);
  }
}

/** The same for what is either so or not, and shows no movement on its way: it has `stillMs` from the beginning. */
export function untilItHolds(
  what: string,
  holds: () => boolean | Promise<boolean>,
  patience?: Patience,
): Promise<void> {
  return whileItMoves(what, async () => ({ over: await holds(), come: 0 }), patience);
}
