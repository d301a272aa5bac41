import { identityFromStat, processIdentity } from './process-identity.js';

const stat = (state: string, start: number): string =>
  `42 (a (strange) name) ${state} 1 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 ${start} 1000 10`;

describe('the identity of a process', () => {
  it('is its start time in its boot, whatever its name holds', () => {
    expect(identityFromStat(stat('S', 98765), 'boot')).toBe('boot:98765');
  });

  it('differs between two processes that had the same pid', () => {
    expect(identityFromStat(stat('S', 1), 'boot')).not.toBe(identityFromStat(stat('S', 2), 'boot'));
    expect(identityFromStat(stat('S', 1), 'boot')).not.toBe(identityFromStat(stat('S', 1), 'next boot'));
  });

  it('is none once the process has ended, even while its zombie is not reaped', () => {
    expect(identityFromStat(stat('Z', 98765), 'boot')).toBeNull();
  });

  it('stays the same for a running process and is none for a pid that nothing has', () => {
    expect(processIdentity(process.pid)).toBe(processIdentity(process.pid));
    expect(processIdentity(process.pid)).not.toBeNull();
    // Above the greatest pid Linux and macOS hand out (pid_max is at most 2^22).
    expect(processIdentity(2 ** 22 + 1)).toBeNull();
  });
});
