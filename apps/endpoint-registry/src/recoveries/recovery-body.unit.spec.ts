import { InvalidFieldsException } from '@skillora/rest';

import { readRecoveryRequest, type RecoveryRequest } from './recovery-body.js';

const NOW = new Date('2026-01-15T12:00:00.000Z');
const read = (body: object) => readRecoveryRequest(body as RecoveryRequest, NOW);
const least = { what: 'failed', since: '2026-01-15T11:00:00Z' };

function problemsOf(body: object): unknown {
  try {
    read(body);
  } catch (error) {
    return (error as InvalidFieldsException).getResponse();
  }
  return null;
}

describe('the body that asks for a recovery', () => {
  it('needs a time and what to recover, and says the rest itself', () => {
    expect(read(least)).toEqual({
      ...{ what: 'failed', since: new Date('2026-01-15T11:00:00Z'), until: NOW, eventTypes: null },
      ...{ rate: null, includeBeforeCreation: false, dryRun: false },
    });
    expect(read({ ...least, until: null, rate: null, event_types: null })).toEqual(read(least));
  });

  it('reaches to now at most', () => {
    expect(read({ ...least, until: '2027-01-01' }).until).toEqual(NOW);
    expect(read({ ...least, until: '2026-01-15T11:30:00Z' }).until).toEqual(new Date('2026-01-15T11:30:00Z'));
  });

  it.each([
    [{ since: '2026-01-15T12:00:01Z' }, { since: ['Must not be in the future.'] }],
    [{ since: null }, { since: ['This field may not be null.'] }],
    [{ since: 5 }, { since: [expect.stringContaining('ISO 8601')] }],
    [{ until: 'yesterday' }, { until: [expect.stringContaining('ISO 8601')] }],
    [{ until: '2026-01-15T11:00:00Z' }, { until: ['Must be later than `since`.'] }],
    [{ rate: 0 }, { rate: ['Must be a whole number from 1 to 1000, or null.'] }],
    [{ rate: 1_001 }, { rate: ['Must be a whole number from 1 to 1000, or null.'] }],
    [{ rate: 1.5 }, { rate: ['Must be a whole number from 1 to 1000, or null.'] }],
    [{ rate: '5' }, { rate: ['Must be a whole number from 1 to 1000, or null.'] }],
    [{ event_types: [] }, { event_types: ['This list may not be empty.'] }],
    [{ event_types: 'interview_completed' }, { event_types: ['Expected a list of items.'] }],
    [{ event_types: ['test'] }, { event_types: [expect.stringMatching(/^Each must be one of: /)] }],
  ])('%j is refused, with field and rule', (change, problems) => {
    expect(problemsOf({ ...least, ...change })).toEqual(problems);
  });

  it('names every bad field', () => {
    expect(problemsOf({ ...least, since: 'x', rate: 0 })).toEqual({
      since: [expect.any(String)],
      rate: [expect.any(String)],
    });
  });
});
