import { setTimeout as delay } from 'node:timers/promises';

/** The state that a wait sees. */
export interface Look {
  /** True once there is nothing left to wait for. */
  readonly over: boolean;
  /** The progress, in any unit. Only a new maximum counts as movement. */
  readonly come: number;
}

export interface Patience {
  /** The longest time without movement before the wait ends, ms. */
  readonly stillMs?: number;
  /** The pause between two looks, ms. */
  readonly everyMs?: number;
}

/**
 * Longer than any pause of the system itself, like the wait for a retry or for a broker, even on a slow
 * machine.
 */
const STILL_MS = 180_000;
const EVERY_MS = 250;

/** A wait ended early because nothing moved any more. */
export class NothingMoves extends Error {
  override readonly name = 'NothingMoves';
}

/**
 * Looks repeatedly until it is over. While something moves there is no time limit: a slow machine gets the
 * time it needs, and a stuck system does not.
 * @param what the awaited thing, for the error message.
 * @throws {NothingMoves} after `stillMs` without movement, by default three minutes.
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

/** The same for a condition without visible progress: it has `stillMs` from the beginning. */
export function untilItHolds(
  what: string,
  holds: () => boolean | Promise<boolean>,
  patience?: Patience,
): Promise<void> {
  return whileItMoves(what, async () => ({ over: await holds(), come: 0 }), patience);
}
