import { waitingIn } from './backlog.js';

describe('what waits for the limit of all endpoints', () => {
  it('is counted in all, and by organisation', () => {
    const queues = [
      { organizationId: 'a', waiting: 3 },
      { organizationId: 'b', waiting: 4 },
      { organizationId: 'a', waiting: 1 },
    ];
    const byOrganization = new Map([
      ['a', 4],
      ['b', 4],
    ]);
    expect(waitingIn(queues)).toEqual({ waiting: 8, byOrganization });
    expect(waitingIn([])).toEqual({ waiting: 0, byOrganization: new Map() });
  });
});
