import { createLogger } from '@skillora/operability';

import { DatabaseWentBack } from './database-went-back.js';
import { ProjectionHealth } from './projection-health.js';

describe('what the projection says of itself', () => {
  const health = new ProjectionHealth(createLogger('test', 'silent'));

  it('names the part that cannot go on, and nothing of what the database said', () => {
    health.failed('webhook.events/2', new Error('insert into "events" ("id") values (…): permission denied'));
    expect(health.problem).toBe('webhook.events/2 cannot be applied; the log of this instance says why');
    health.cleared('webhook.events/2');
    expect(health.problem).toBeNull();
  });

  it('says in our own words that the database went back in time, and what to do', () => {
    health.failed('webhook.events/2', new DatabaseWentBack('webhook.events/2', 9n, 4n));
    expect(health.problem).toContain('the database went back in time: webhook.events/2');
    expect(health.problem).toContain('Restart this service');
    health.cleared('webhook.events/2');
  });
});
