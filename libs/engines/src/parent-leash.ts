import { spawn } from 'node:child_process';

/**
 * Waits until its standard input ends, which it does when the parent ends, however it ends; then signals the process
 * and, should that not be enough, kills it. Arguments: pid, signal, patience in tenths of a second.
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
 * Makes sure that a process does not outlive this one, even if this one is killed with `kill -9`: a small shell holds
 * a pipe to this process and ends the other when the pipe breaks.
 * @returns a function that lets go, to be called once the process has ended.
 */
export function endWithParent(pid: number, signal: NodeJS.Signals, patienceMs: number): () => void {
  const tenths = String(Math.ceil(patienceMs / 100));
  // In a process group of its own, so that Ctrl-C in the terminal does not reach it.
  const leash = spawn('/bin/sh', ['-c', SCRIPT, 'leash', String(pid), signal.replace(/^SIG/, ''), tenths], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  leash.on('error', () => undefined);
  leash.stdin.on('error', () => undefined);
  leash.unref();
  // A pipe is a socket in Node; without this it would keep the event loop turning.
  (leash.stdin as unknown as { unref?: () => void }).unref?.();
  return () => {
    leash.kill('SIGKILL');
  };
}
