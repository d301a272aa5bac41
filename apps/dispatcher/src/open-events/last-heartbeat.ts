/** Between an attempt that may begin and the end of the session at the earliest, ms. */
const MARGIN_MS = 1_000;

/**
 * Whether an instance may begin an attempt. The group may have given its partitions away one session timeout after the
 * last heartbeat that it got, which is not earlier than the sending of the last one that was answered.
 * @param answered when the last heartbeat that was answered was sent, by a monotonic clock, ms.
 * @param now by the same clock.
 */
export function mayBegin(answered: number, now: number, sessionMs: number): boolean {
  return now - answered < sessionMs - MARGIN_MS;
}
