import type { Client } from 'pg';

/** The size of the history, and its organisation. */
export interface HistorySize {
  readonly organizationId: string;
  readonly deliveries: number;
}

export const ENDPOINTS = 200;
/** How many endpoints each event goes to; each delivery is attempted twice. */
const FAN_OUT = 10;
const WEEKS = 13;
const WEEK_MS = 7 * 86_400_000;

/**
 * The tables in the order of filling, and the rows of a week: $1 and $2 are the numbers of its events, $3 its
 * beginning, $4 the ms between two events.
 */
const ROWS: Readonly<Record<string, string>> = {
  events: `
    SELECT $5::text::uuid AS organization_id, md5('event ' || n)::uuid AS id, ${eventType('n')} AS event_type,
           '{"event":"interview.completed","timestamp":"2026-01-15T14:30:00Z","data":{"interview_id":"' || md5('i' || n)
             || '","candidate_id":"' || md5('c' || n) || '","job_id":"' || md5('j' || n % 1000)
             || '","score":85,"status":"completed","hiring_recommendation":"recommended"}}' AS payload,
           '/services/interviews' AS source, n::text AS source_id, at AS occurred_at, at AS created_at,
           NULL::integer AS log_partition, NULL::bigint AS log_offset
      FROM numbers`,
  deliveries: `
    SELECT md5('delivery ' || n || '/' || k)::uuid AS id, $5::text::uuid AS organization_id, md5('event ' || n)::uuid AS event_id,
           ${endpointId('(n * 7 + k * 20) % 200')} AS endpoint_id, ${eventType('n')} AS event_type, status,
           0 AS round, 2 AS step, true AS step_ended, 0 AS result_round, 2 AS result_step, 0 AS attempt_round,
           2 AS attempt_step, 2 AS attempt_count, NULL::timestamptz AS next_retry_at,
           CASE WHEN status = 'success' THEN 200 ELSE 500 END AS response_status,
           CASE WHEN status <> 'success' THEN 'http_status' END AS error, at AS created_at,
           at + interval '1 minute' AS updated_at, CASE WHEN status = 'success' THEN at + interval '1 minute' END AS delivered_at
      FROM numbers, generate_series(0, ${FAN_OUT - 1}) AS k, LATERAL (SELECT CASE
             WHEN n % 250000 = 77 THEN 'pending' WHEN n % 25000 = 99 THEN 'retrying'
             WHEN (n * 13 + k) % 33 = 0 THEN 'failed' ELSE 'success' END AS status) AS of`,
  attempts: `
    SELECT md5('delivery ' || n || '/' || k)::uuid AS delivery_id, at AS delivery_created_at, 0 AS round, step,
           'automatic' AS trigger, at + (step - 1) * interval '1 minute' AS started_at, 23 AS duration_ms,
           CASE WHEN step = 2 THEN 200 ELSE 500 END AS response_status, '{"received":true}' AS response_body,
           CASE WHEN step = 1 THEN 'http_status' END AS error, NULL::text AS error_detail
      FROM numbers, generate_series(0, ${FAN_OUT - 1}) AS k, generate_series(1, 2) AS step`,
};

function eventType(n: string): string {
  return `CASE WHEN ${n} % 100000 = 5 THEN 'test' WHEN ${n} % 10 < 3 THEN 'mock_interview_completed' ELSE 'interview_completed' END`;
}

/** The id of one of the endpoints; SQL. */
function endpointId(number: string): string {
  return `md5($5::text || ' endpoint ' || ${number})::uuid`;
}

/** Existing values to filter by. */
export interface Found {
  readonly endpointIds: readonly string[];
  readonly eventIds: readonly string[];
}

/**
 * Writes a quarter of a year of history into the projection's tables, which would take too long over the API:
 * rows first, indexes afterwards, partition by partition.
 */
export async function writeHistory(
  client: Client,
  { organizationId, deliveries }: HistorySize,
  progress: (line: string) => void,
): Promise<Found> {
  await client.query(
    `SET synchronous_commit = off; SET maintenance_work_mem = '512MB'; SET search_path = projection, public`,
  );
  const { rowCount } = await client.query('SELECT FROM endpoints WHERE organization_id = $1', [
    organizationId,
  ]);
  if (rowCount === 0) await write(client, { organizationId, deliveries }, progress);
  const endpoints = await client.query<{ id: string }>(
    'SELECT id FROM endpoints WHERE organization_id = $1',
    [organizationId],
  );
  const events = await client.query<{ id: string }>(
    // Retention may have dropped the oldest rows since they were written.
    `SELECT id FROM (SELECT md5('event ' || (random() * $1)::integer)::uuid AS id FROM generate_series(1, 800)) AS chosen
      WHERE EXISTS (SELECT FROM events WHERE events.id = chosen.id) LIMIT 500`,
    [Math.floor(deliveries / FAN_OUT) - 1],
  );
  return { endpointIds: endpoints.rows.map(({ id }) => id), eventIds: events.rows.map(({ id }) => id) };
}

async function write(
  client: Client,
  { organizationId, deliveries }: HistorySize,
  progress: (line: string) => void,
): Promise<void> {
  const events = Math.floor(deliveries / FAN_OUT);
  await client.query(
    `INSERT INTO endpoints (id, organization_id, version, url, events, description, is_active, sealed_secret, created_at, updated_at)
     SELECT md5($1::text || ' endpoint ' || n)::uuid, $1::text::uuid, 1, 'https://receiver.example/' || n, '{interview_completed}', 'history',
            false, 'none', now() - n * interval '1 minute', now()
       FROM generate_series(0, ${ENDPOINTS - 1}) AS n`,
    [organizationId],
  );
  const beginning = Math.floor(Date.now() / WEEK_MS - WEEKS) * WEEK_MS;
  const span = Date.now() - beginning;
  const between = span / events;
  for (let week = 0; week <= WEEKS; week += 1) {
    const from = beginning + week * WEEK_MS;
    const first = Math.ceil((from - beginning) / between);
    const last = Math.min(events, Math.ceil((from + WEEK_MS - beginning) / between)) - 1;
    if (last < first) continue;
    for (const [table, rows] of Object.entries(ROWS)) {
      await fill(client, table, from, rows, [first, last, new Date(beginning), between, organizationId]);
    }
    progress(`${new Date(from).toISOString().slice(0, 10)}: ${(last + 1) * FAN_OUT} deliveries`);
  }
  await client.query(
    `INSERT INTO endpoint_statistics
     SELECT endpoint_id, count(*), count(*) FILTER (WHERE status = 'failed'), max(updated_at)
       FROM deliveries WHERE organization_id = $1 GROUP BY endpoint_id`,
    [organizationId],
  );
  for (const table of ['events', 'deliveries', 'attempts', 'endpoint_statistics', 'endpoints']) {
    await client.query(`VACUUM (ANALYZE) ${table}`);
  }
}

/** Fills the partition of a week; creates it if it does not exist. */
async function fill(
  client: Client,
  table: string,
  from: number,
  rows: string,
  parameters: readonly unknown[],
): Promise<void> {
  const partition = `${table}_${new Date(from).toISOString().slice(0, 10).replaceAll('-', '')}`;
  const { rows: there } = await client.query('SELECT 1 FROM pg_class WHERE oid = to_regclass($1)', [
    partition,
  ]);
  const isNew = there.length === 0;
  if (isNew)
    await client.query(`CREATE TABLE projection.${partition} (LIKE projection.${table} INCLUDING DEFAULTS)`);
  await client.query(
    `INSERT INTO ${partition} SELECT made.* FROM (
       WITH numbers AS (SELECT n, $3::timestamptz + (n * $4::float8) * interval '1 millisecond' AS at
                          FROM generate_series($1::integer, $2::integer) AS n)
       ${rows}) AS made WHERE $5::text IS NOT NULL`,
    [...parameters],
  );
  if (isNew) {
    const bound = `FROM ('${new Date(from).toISOString()}') TO ('${new Date(from + WEEK_MS).toISOString()}')`;
    await client.query(
      `ALTER TABLE projection.${table} ATTACH PARTITION projection.${partition} FOR VALUES ${bound}`,
    );
  }
}
