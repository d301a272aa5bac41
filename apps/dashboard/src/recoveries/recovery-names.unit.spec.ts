import { progressOf, progressText, recoveryNote } from './recovery-names.js';
import type { Recovery } from './recovery-queries.js';

const recovery: Recovery = {
  ...{ id: 'r', what: 'failed', since: '', until: '', rate: null, dry_run: false, status: 'running' },
  ...{ waits_for: null, reason: null, available_from: null, created_at: '', ended_at: null },
  ...{ expected: 2_000, sent: 1_100, succeeded: 1_000, failed: 0, skipped: 0 },
};

describe('the progress of a recovery', () => {
  it('is told in figures that matter', () => {
    expect(progressText(recovery)).toBe('1,100 of 2,000 sent, 1,000 succeeded');
    expect(progressText({ ...recovery, failed: 3, skipped: 2 })).toBe(
      '1,100 of 2,000 sent, 1,000 succeeded, 3 failed, 2 no longer needed it',
    );
    expect(progressText({ ...recovery, status: 'counting' })).toBe('Counting: 2,000 found so far');
    expect(progressText({ ...recovery, dry_run: true, status: 'done' })).toBe('2,000 would be sent');
  });

  it('is the part that has ended', () => {
    expect(progressOf({ ...recovery, failed: 300, skipped: 200 })).toBe(0.75);
    expect(progressOf({ ...recovery, status: 'counting' })).toBe(0);
    expect(progressOf({ ...recovery, expected: 0, status: 'done' })).toBe(1);
  });

  it('says for what it waits, and why it was cancelled', () => {
    expect(recoveryNote(recovery)).toBeNull();
    expect(recoveryNote({ waits_for: 'endpoint_inactive', reason: null })).toContain('active');
    expect(recoveryNote({ waits_for: null, reason: 'endpoint_deleted' })).toContain('deleted');
    expect(recoveryNote({ waits_for: 'something_new', reason: null })).toContain('something_new');
  });
});
