/**
 * Members learn from their heartbeats that the group rebalances, and all of them wait for the slowest one. Ms
 * between two heartbeats.
 */
export const HEARTBEAT_MS = 500;

/** Runs the work, and sends heartbeats meanwhile so that the group does not consider this member dead. */
export async function whileBeating(heartbeat: () => Promise<void>, work: () => Promise<void>): Promise<void> {
  // A failed heartbeat does not matter here: the next fetch finds out the state of the group.
  const beat = setInterval(() => void heartbeat().catch(() => undefined), HEARTBEAT_MS);
  try {
    await work();
  } finally {
    clearInterval(beat);
  }
}
