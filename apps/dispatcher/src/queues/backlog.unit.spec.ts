import { waitingIn } from './backlog.js';

describe('what waits for the limit of all endpoints', () => {
  it('is counted in all, for one organisation, and by organisation', () => {
    const queues = [
      { organizationId: 'a', waiting: 3 },
      { organizationId: 'b', waiting: 4 },
      { organizationId: 'a', waiting: 1 },
    ];
    expect(waitingIn(queues, 'a')).toEqual({ waiting: 8, ofOrganization: 4, organizations: 2 });
    expect(waitingIn(queues, 'c')).toEqual({ waiting: 8, ofOrganization: 0, organizations: 2 });
    expect(waitingIn([], 'a')).toEqual({ waiting: 0, ofOrganization: 0, organizations: 1 });
  });
});
