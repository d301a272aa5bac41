import { DELIVERY_STATUSES } from '@skillora/contracts';

import { AUDITED_STATUSES } from '../projection/audited-status.js';
import {
  type EventCandidate,
  eventResendProblem,
  type ResendCandidate,
  resendProblem,
} from './decide-resend.js';
import { MAX_ROUNDS } from './decide-retry.js';

const delivery: ResendCandidate = {
  status: 'success',
  endpointDeleted: false,
  endpointActive: true,
  underWay: false,
  rounds: 0,
};

describe('a delivery', () => {
  it('can be sent again when it has ended, and only then', () => {
    const can = AUDITED_STATUSES.filter((status) => resendProblem({ ...delivery, status }) === null);
    expect(can).toEqual(['success', 'failed']);
  });

  it.each([
    [{ status: 'pending' }, 'is pending'],
    [{ status: 'retrying' }, 'is retrying'],
    [{ status: 'filtered' }, 'filter of the endpoint'],
    [{ underWay: true }, 'has not ended'],
    [{ endpointActive: false }, 'is inactive'],
    [{ endpointDeleted: true, endpointActive: false }, 'is deleted'],
    [{ rounds: MAX_ROUNDS }, 'can have no more'],
  ] as [Partial<ResendCandidate>, string][])('that is %j is refused with the reason', (change, reason) => {
    expect(resendProblem({ ...delivery, ...change })).toContain(reason);
  });
});

const candidate: EventCandidate = {
  status: null,
  endpointActive: true,
  underWay: false,
  rounds: 0,
  wish: 'wanted',
  isNamed: false,
  isMade: false,
};

describe('an event', () => {
  it('is sent to an endpoint that wants it and has got nothing of it', () => {
    for (const isNamed of [false, true]) {
      expect(eventResendProblem({ ...candidate, isNamed })).toBeNull();
      expect(eventResendProblem({ ...candidate, isNamed, status: 'filtered', isMade: true })).toBeNull();
    }
  });

  it('is sent again to a named endpoint whatever that wants now, as its delivery alone is', () => {
    for (const status of DELIVERY_STATUSES) {
      for (const wish of ['wanted', 'not_subscribed', 'left_out'] as const) {
        expect(eventResendProblem({ ...candidate, status, wish, isNamed: true })).toBe(
          resendProblem({ ...delivery, status }),
        );
      }
    }
  });

  it('is not sent again to an endpoint that does not want it any more, unless the endpoint is named', () => {
    for (const status of DELIVERY_STATUSES) {
      for (const [wish, reason] of [
        ['not_subscribed', 'not subscribed'],
        ['left_out', 'leaves this event out'],
      ] as const) {
        for (const underWay of [false, true]) {
          expect(eventResendProblem({ ...candidate, status, wish, underWay })).toContain(reason);
        }
      }
      expect(eventResendProblem({ ...candidate, status })).toBe(resendProblem({ ...delivery, status }));
    }
  });

  it.each([
    [{ wish: 'not_subscribed' }, 'not subscribed'],
    [{ wish: 'left_out', status: 'filtered' }, 'leaves this event out'],
    [{ wish: 'about_itself' }, 'about itself'],
    [{ isMade: true }, 'is pending'],
    [{ underWay: true }, 'has not ended'],
    [{ endpointActive: false }, 'is inactive'],
    [{ rounds: MAX_ROUNDS }, 'can have no more'],
  ] as [Partial<EventCandidate>, string][])('is not sent where %j, with the reason', (change, reason) => {
    for (const isNamed of [false, true]) {
      expect(eventResendProblem({ ...candidate, isNamed, ...change })).toContain(reason);
    }
  });
});
