import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { platform } from 'node:os';

/**
 * Distinguishes one process from every other that ever had its pid: its start time, and the boot of the
 * machine. Pids are reused, most quickly in containers, where counting begins again at every start.
 * @returns null when there is no such process, or only its zombie.
 */
export function processIdentity(pid: number): string | null {
  try {
    if (platform() === 'linux') {
      const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
      return identityFromStat(readFileSync(`/proc/${pid}/stat`, 'utf8'), bootId);
    }
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      env: { ...process.env, LC_ALL: 'C' },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    return line === '' || line.startsWith('Z') ? null : line.replace(/^\S+\s+/, '');
  } catch {
    return null;
  }
}

/**
 * The identity from a line of `/proc/<pid>/stat` (proc_pid_stat(5)): field 22, the start time in ticks since
 * boot.
 */
export function identityFromStat(stat: string, bootId: string): string | null {
  // The command name, field 2, may contain spaces and parentheses: the other fields begin after the last
  // parenthesis.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTime] = [fields[0], fields[19]];
  return state === undefined || startTime === undefined || state === 'Z' || state === 'X'
    ? null
    : `${bootId}:${startTime}`;
}
