import 'reflect-metadata';

import { waitFor } from '@skillora/testing';

import { RecoveryStage } from './testing/recovery-stage.js';

let stage: RecoveryStage;

beforeAll(async () => (stage = await RecoveryStage.open()));

afterAll(() => stage.close());

describe('a large recovery', () => {
  it('has PostgreSQL look at its rows before the first is sent, so that each step reads only its own', async () => {
    const endpoint = await stage.endpoint();
    const analyses = async () => {
      const [row] = await stage.instances[0].query<{ analyze_count: string }>(
        "SELECT analyze_count FROM pg_stat_user_tables WHERE relname = 'recovery_items'",
        [],
      );
      return Number(row?.analyze_count);
    };
    const before = await analyses();
    await stage.happened(
      endpoint,
      Array.from({ length: 500 }, () => 'failed' as const),
    );
    await stage.begin(endpoint, { what: 'failed' });
    // A step that is made again, after a connection that broke, looks again.
    await waitFor(async () => (await analyses()) > before, 'statistics of the rows');
  });
});
