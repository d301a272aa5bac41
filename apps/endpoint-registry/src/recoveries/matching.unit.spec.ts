import { MAX_ROUNDS } from '../deliveries/decide-retry.js';
import type { AuditedStatus } from '../projection/audited-status.js';
import { type Candidate, type Match, matchOf, turnOf, type Wanted } from './matching.js';
import { RECOVERED, type Recovered } from './recovery.js';

const CREATED_AT = 1_000;
const wanted = (what: Recovered, more: Partial<Wanted> = {}): Wanted => ({
  ...{ what, includeBeforeCreation: false, endpointCreatedAt: CREATED_AT },
  ...more,
});
const missed: Candidate = {
  eventAt: CREATED_AT,
  known: null,
  fanOut: 'other',
  subscribed: true,
  passesFilter: true,
};
const made = (status: AuditedStatus, rounds = 0): Candidate => ({
  ...missed,
  known: { status, rounds },
  fanOut: 'made',
});
const never = (): boolean => false;
const match = (candidate: Candidate, what: Recovered, more: Partial<Wanted> = {}): Match =>
  matchOf(candidate, wanted(what, more), never);

describe('what a recovery counts', () => {
  it('is what failed, what was missed, both, or also what arrived', () => {
    const found = RECOVERED.map((what) => [
      what,
      [made('failed'), missed, made('success')].filter((each) => match(each, what) === 'match').length,
    ]);
    expect(found).toEqual([
      ['failed', 1],
      ['missed', 1],
      ['undelivered', 2],
      ['all', 3],
    ]);
    expect(match(made('failed'), 'failed')).toBe('match');
    expect(match(missed, 'missed')).toBe('match');
  });

  it('is what a former filter left out, if the present one lets it through, and never as missed or failed', () => {
    for (const what of RECOVERED) {
      const isSent = what === 'undelivered' || what === 'all';
      expect(match(made('filtered'), what)).toBe(isSent ? 'match' : 'leave');
      expect(match({ ...made('filtered'), passesFilter: false }, what)).toBe('leave');
    }
    expect(match({ ...missed, passesFilter: false }, 'missed')).toBe('leave');
    expect(match({ ...made('failed'), passesFilter: false }, 'failed')).toBe('match');
  });

  it('is never a delivery that is open', () => {
    for (const status of ['pending', 'retrying'] as const) {
      for (const what of RECOVERED) expect(match(made(status), what)).toBe('leave');
    }
  });

  it('is no event from before the endpoint was created, unless that was asked for', () => {
    const earlier = { ...missed, eventAt: CREATED_AT - 1 };
    expect(match(earlier, 'missed')).toBe('leave');
    expect(match(earlier, 'missed', { includeBeforeCreation: true })).toBe('match');
  });

  it('is no missed event of a type that the endpoint does not subscribe to, but what failed of it', () => {
    expect(match({ ...missed, subscribed: false }, 'all')).toBe('leave');
    expect(match({ ...made('failed'), subscribed: false }, 'all')).toBe('match');
  });

  it('is no delivery that was made and is not in the audit yet', () => {
    expect(match({ ...missed, fanOut: 'made' }, 'missed')).toBe('leave');
  });

  it('is not known of an event that the fan-out has not reached', () => {
    const recent: Candidate = { ...missed, fanOut: 'unreported' };
    expect(match(recent, 'missed')).toBe('wait');
    expect(matchOf(recent, wanted('missed'), () => true)).toBe('match');
    expect(match(recent, 'failed')).toBe('leave');
  });

  it('is no delivery that had as many rounds as it can have', () => {
    expect(match(made('failed', MAX_ROUNDS), 'failed')).toBe('leave');
    expect(match(made('failed', MAX_ROUNDS - 1), 'failed')).toBe('match');
  });
});

describe('the turn of a delivery that was counted', () => {
  it('makes what is still missing, and repeats what still stands at failed', () => {
    expect(turnOf(null, false, 'missed')).toBe('make');
    expect(turnOf({ status: 'failed', rounds: 1 }, false, 'failed')).toBe('repeat');
    expect(turnOf({ status: 'success', rounds: 1 }, false, 'all')).toBe('repeat');
  });

  it('skips what somebody has retried or another recovery has made since', () => {
    for (const what of RECOVERED) expect(turnOf({ status: 'failed', rounds: 1 }, true, what)).toBe('skip');
    expect(turnOf({ status: 'success', rounds: 1 }, false, 'failed')).toBe('skip');
    expect(turnOf({ status: 'retrying', rounds: 1 }, false, 'all')).toBe('skip');
    expect(turnOf({ status: 'failed', rounds: 1 }, false, 'missed')).toBe('skip');
  });

  it('skips a failed delivery that the audit no longer has', () => {
    expect(turnOf(null, false, 'failed')).toBe('skip');
  });
});
