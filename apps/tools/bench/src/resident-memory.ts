import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Resident memory of one of a stack's services, MB. Linux only: null elsewhere. */
export function residentMemory(dataDir: string, service: string): number | null {
  try {
    const { pid } = JSON.parse(readFileSync(join(dataDir, 'run', `${service}.pid`), 'utf8')) as {
      pid: number;
    };
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024;
  } catch {
    return null;
  }
}
