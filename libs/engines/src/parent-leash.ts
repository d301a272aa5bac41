import { spawn } from 'node:child_process';

/**
 * A shell script that waits until its standard input ends, which happens when the parent ends in any way.
 * Then it signals the process, and kills it if that is not enough. Arguments: pid, signal, patience in tenths
 * of a second.
 */
const SCRIPT = `
while read -r _; do :; done
kill -s "$2" "$1" 2>/dev/null || exit 0
waited=0
while kill -0 "$1" 2>/dev/null && [ "$waited" -lt "$3" ]; do sleep 0.1; waited=$((waited + 1)); done
kill -s KILL "$1" 2>/dev/null
exit 0
`;

/**
 * Makes sure that a process does not outlive this one, even if this one is killed with `kill -9`. A small
 * shell holds a pipe to this process and ends the other process when the pipe breaks.
 * @returns a function that ends the shell; call it once the process has ended.
 */
export function endWithParent(pid: number, signal: NodeJS.Signals, patienceMs: number): () => void {
  const tenths = String(Math.ceil(patienceMs / 100));
  // In its own process group, so that Ctrl-C in the terminal does not reach it.
  const leash = spawn('/bin/sh', ['-c', SCRIPT, 'leash', String(pid), signal.replace(/^SIG/, ''), tenths], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  leash.on('error', () => undefined);
  leash.stdin.on('error', () => undefined);
  leash.unref();
  // In Node a pipe is a socket; without this it would keep the event loop running.
  (leash.stdin as unknown as { unref?: () => void }).unref?.();
  return () => {
    leash.kill('SIGKILL');
  };
}
