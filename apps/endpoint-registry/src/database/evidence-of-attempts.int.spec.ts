import type { Attempt } from '@skillora/contracts';
import { createDatabaseOn } from '@skillora/engines';
import type { DataSource } from 'typeorm';

import { type AttemptEvidence, readEvidence } from '../projection/attempt-evidence.js';
import { addAttempts } from '../projection/attempt-rows.js';
import { BEGINNING, idOf } from '../projection/testing/log-builder.js';
import { openDatabase, partitionsOf } from '../projection/testing/projection-database.js';
import { inTransaction } from '../projection/transaction.js';

let dataSource: DataSource;

beforeAll(async () => {
  dataSource = await openDatabase(await createDatabaseOn(process.env['TEST_DATABASE_URL'] ?? ''));
  await partitionsOf(dataSource).cover([BEGINNING]);
});

afterAll(() => dataSource.destroy());

/** Of an endpoint behind nginx with Express, over a connection that was used again. */
const USUAL: Partial<Attempt> = {
  number: 1,
  url: 'https://your-domain.com/webhooks/skillora',
  endpointVersion: 3,
  remoteAddress: '203.0.113.10',
  timingsMs: { dns: null, connect: null, tls: null, firstByte: 70 },
  responseHeaders: {
    server: 'nginx/1.24.0',
    date: 'Thu, 15 Jan 2026 14:30:00 GMT',
    'content-type': 'text/plain; charset=utf-8',
    'content-length': '2',
  },
  signedWith: ['0a1b2c3d'],
};

async function bytesOf(delivery: string, evidence: AttemptEvidence): Promise<number> {
  await inTransaction(dataSource, (client) =>
    addAttempts(client, [
      {
        delivery: { id: idOf(delivery), createdAt: BEGINNING },
        round: 0,
        step: 1,
        trigger: 'automatic',
        startedAt: BEGINNING,
        durationMs: 82,
        requestBytes: 1_204,
        responseStatus: 200,
        responseBody: 'OK',
        error: null,
        errorDetail: null,
        outcome: 'success',
        ...evidence,
      },
    ]),
  );
  const [row] = await dataSource.query<{ bytes: number }[]>(
    'SELECT pg_column_size(a.*) AS bytes FROM attempts a WHERE delivery_id = $1',
    [idOf(delivery)],
  );
  return row?.bytes ?? 0;
}

describe('the evidence of a usual attempt', () => {
  it('takes at most 200 bytes of its row', async () => {
    const without = await bytesOf('without', readEvidence({} as Attempt));
    const reused = await bytesOf('reused', readEvidence(USUAL as Attempt));
    const timingsMs = { dns: 4, connect: 11, tls: 24, firstByte: 70 };
    const connected = await bytesOf('connected', readEvidence({ ...USUAL, timingsMs } as Attempt));
    const added = [reused - without, connected - without];
    expect(added.filter((bytes) => bytes > 200)).toEqual([]);
    expect(without).toBeGreaterThan(0);
  });
});
