import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks of /proc/<pid>/stat: 100 a second on every Linux that Node runs on. */
const TICK_MS = 10;

/**
 * The CPU time, user and system, that a process and all of its descendants have used so far, ms, by part of
 * the system. The time of ended children is included if their parent has waited for them. Linux only: null
 * elsewhere.
 */
export function cpuTimeOfTree(pid: number): Map<string, number> | null {
  if (process.platform !== 'linux') return null;
  const stats = new Map<number, { parent: number; ticks: number }>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      // The second field, the command in parentheses, may contain anything; spaces separate the other fields.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0);
      stats.set(Number(entry), { parent: Number(fields[1]), ticks });
    } catch {
      // It ended between the listing and the reading.
    }
  }
  const times = new Map<string, number>();
  for (const [each, { ticks }] of stats) {
    if (!descends(each, pid, stats)) continue;
    const part = partOf(each);
    times.set(part, (times.get(part) ?? 0) + ticks * TICK_MS);
  }
  return times;
}

/** The CPU time of each part between two measurements, ms, and the total. */
export function cpuTimeBetween(
  before: Map<string, number>,
  after: Map<string, number>,
): { whole: number; parts: [string, number][] } {
  const parts = [...after].map(([part, ms]): [string, number] => [part, ms - (before.get(part) ?? 0)]);
  return { whole: parts.reduce((sum, [, ms]) => sum + ms, 0), parts };
}

/** The part of the system that a process belongs to. */
function partOf(pid: number): string {
  let command: string;
  try {
    command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return 'others';
  }
  if (/postgres/.test(command)) return 'PostgreSQL';
  if (/kafka\.Kafka/.test(command)) return 'Kafka';
  return /apps\/(?:t(?:ools|ests)\/)?([\w-]+)\/dist/.exec(command)?.[1] ?? 'others';
}

function descends(pid: number, ancestor: number, stats: Map<number, { parent: number }>): boolean {
  for (let at: number | undefined = pid; at !== undefined && at > 1; at = stats.get(at)?.parent) {
    if (at === ancestor) return true;
  }
  return false;
}
