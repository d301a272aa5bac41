import 'reflect-metadata';

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

import { topicDefinitions, Topics } from '@skillora/contracts';
import { createDatabaseOn } from '@skillora/engines';
import {
  createKafka,
  ensureTopics,
  headerList,
  type RawHeader,
  RecordProducer,
  textHeader,
} from '@skillora/kafka';
import { createLogger } from '@skillora/operability';
import { eventually } from '@skillora/testing';
import type { Consumer, Kafka } from 'kafkajs';

import { type Outcome, runAdmin } from '../testing/running-admin.js';
import type { RedriveFigures } from './redrive.js';
import { letterHeaders, type Refused, structured } from './testing/letters.js';

const ADMIN = fileURLToPath(new URL('../../dist/admin.js', import.meta.url));
const BROKERS = process.env['TEST_KAFKA_BROKERS'] ?? '';
const logger = createLogger('dead-letters-spec', 'silent');

interface Written {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RawHeader[];
}

let databaseUrl: string;
let kafka: Kafka;
let producer: RecordProducer;
let consumer: Consumer;
/** The records of the public topic, in the order of each partition. */
const published: Written[] = [];

beforeAll(async () => {
  databaseUrl = await createDatabaseOn(process.env['TEST_DATABASE_URL'] ?? '');
  kafka = createKafka({ brokers: BROKERS.split(','), clientId: 'dead-letters-spec', logger });
  await ensureTopics(kafka, topicDefinitions(3), { partitions: 3, replicationFactor: 1 });
  producer = new RecordProducer(kafka, { logger });
  await producer.connect();
  consumer = kafka.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topics: [Topics.interviewCompletions], fromBeginning: true });
  await consumer.run({
    eachMessage: ({ message: { key, value, headers } }) => {
      published.push({ key, value, headers: headerList(headers) });
      return Promise.resolve();
    },
  });
});

afterAll(async () => {
  await consumer.disconnect();
  await producer.disconnect();
});

const admin = (...args: string[]): Promise<Outcome> => runAdmin(databaseUrl, ['dead-letters', ...args]);

/** Makes an organisation. @returns its id. */
async function organization(): Promise<string> {
  return (await runAdmin(databaseUrl, ['organizations', 'create', '--name', 'Acme'])).stdout;
}

/** Writes dead letters as event-ingest does; their key is the organisation. */
async function refuse(organizationId: string, letters: readonly Refused[]): Promise<void> {
  const key = Buffer.from(organizationId);
  await producer.send(
    letters.map(({ value = null, ...refused }) => ({
      topic: Topics.interviewCompletionsDeadLetter,
      key,
      value,
      headers: letterHeaders({ ...refused, key, value }),
    })),
  );
}

const of = (organizationId: string): Written[] =>
  published.filter(({ key }) => key?.toString() === organizationId);

async function list(...args: string[]): Promise<Record<string, string>[]> {
  const { code, stdout } = await admin('list', '--json', ...args);
  expect(code).toBe(0);
  return JSON.parse(stdout) as Record<string, string>[];
}

const figures = ({ stdout }: Outcome): RedriveFigures => JSON.parse(stdout) as RedriveFigures;

describe('dead letters', () => {
  it('are listed by reason and time, the newest first', async () => {
    const id = randomUUID();
    await refuse(id, [{ value: structured(id, 'a'), reason: 'not_json' }]);
    const between = new Date(Date.now() + 1);
    await eventually(() => expect(Date.now()).toBeGreaterThan(between.getTime()));
    await refuse(id, [{ value: structured(id, 'b') }, { value: structured(id, 'c'), reason: 'internal' }]);
    const ids = async (...args: string[]): Promise<(string | undefined)[]> =>
      (await list('--organization', id, ...args)).map(({ source_id }) => source_id);

    expect((await ids()).at(-1)).toBe('a');
    expect((await ids()).sort()).toEqual(['a', 'b', 'c']);
    expect((await ids('--reason', 'not_json,internal')).sort()).toEqual(['a', 'c']);
    expect((await ids('--reason', 'not_json', '--reason', 'invalid_data')).sort()).toEqual(['a', 'b']);
    expect((await ids('--since', between.toISOString())).sort()).toEqual(['b', 'c']);
    expect(await ids('--until', between.toISOString())).toEqual(['a']);
    expect(await ids('--limit', '2')).toHaveLength(2);
    const { stdout, stderr } = await admin('list', '--organization', id);
    expect(stdout.split('\n')).toHaveLength(4);
    expect(stderr).toContain('dead letters 3, shown 3: ');
  });

  it('are shown as a whole, and cannot control the terminal', async () => {
    const id = randomUUID();
    const value = Buffer.from('{"a":"\u001b[2J\u202e"}');
    const headers = [
      { name: Buffer.from('nothing'), value: null },
      { name: Buffer.from('bytes'), value: Buffer.from([0xff, 0]) },
    ];
    await refuse(id, [{ value, headers }]);
    const [{ letter = '' } = {}] = await list('--organization', id);
    const { stdout } = await admin('show', letter);
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining([
        'reason: invalid_data',
        'origin: interview-completions/2/7',
        `key: ${id}`,
        'header nothing: null',
        'header bytes: /wA= (base64)',
        'value: {"a":"\\u{1b}[2J\\u{202e}"}',
      ]),
    );
    const whole = JSON.parse((await admin('show', letter, '--json')).stdout) as object;
    expect(whole).toMatchObject({ letter, value: { encoding: 'utf-8', text: value.toString() } });
    expect(await admin('show', '0/999999999')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("argument 'letter': there is no dead letter at 0/999999999") as string,
    });
  });
});

describe('a redrive', () => {
  it('writes the records byte for byte, with headers that say where they come from, and is in the log of changes', async () => {
    const id = await organization();
    const headers = [
      { name: Buffer.from('nothing'), value: null },
      textHeader('__proto__', 'own'),
      textHeader('dead-letter-reason', 'a header of the producer'),
      textHeader('twice', '1'),
      { name: Buffer.from([0xff]), value: Buffer.from([0xff, 0]) },
      textHeader('twice', '2'),
    ];
    const value = Buffer.concat([structured(id), Buffer.from([0xff])]);
    await refuse(id, [{ value, headers, reason: 'internal' }, { value: structured(id) }]);
    const [{ letter = '' } = {}] = await list('--organization', id, '--reason', 'internal');

    const args = ['--organization', id, '--reason', 'internal', '--json'];
    expect(figures(await admin('redrive', ...args, '--dry-run'))).toMatchObject({ matched: 1, redriven: 1 });
    expect(of(id)).toEqual([]);
    expect(figures(await admin('redrive', ...args))).toEqual({
      matched: 1,
      redriven: 1,
      left_alone: {},
      reached: letter,
      dry_run: false,
    });
    await eventually(() => expect(of(id)).toHaveLength(1));
    expect(of(id)[0]).toEqual({
      key: Buffer.from(id),
      value,
      headers: [
        ...headers,
        textHeader('redriven-from', `interview-completions.dead-letter/${letter}`),
        textHeader('redriven-origin', 'interview-completions/2/7'),
        { name: Buffer.from('redriven-at'), value: expect.any(Buffer) as Buffer },
      ],
    });
    const verified = await runAdmin(databaseUrl, ['changes', 'verify', '--organization', id]);
    // The creation of the organisation, and the redrive that was no dry run.
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringMatching(/ 2 [0-9a-f]{64}$/) as string });
  });

  it('of records of an organisation that does not exist has no entry anywhere, and writes them all the same', async () => {
    const id = randomUUID();
    await refuse(id, [{ value: structured(id) }]);
    expect(await admin('redrive', '--organization', id)).toMatchObject({ code: 0, stdout: '1' });
    await eventually(() => expect(of(id)).toHaveLength(1));
  });

  it('leaves alone what can never become an event, and says so', async () => {
    const id = randomUUID();
    await refuse(id, [
      { value: structured(id), reason: 'conflicting_data' },
      { value: Buffer.from('a batch'), reason: 'unreadable' },
    ]);
    await producer.send([
      { topic: Topics.interviewCompletionsDeadLetter, key: id, value: Buffer.from('{}'), headers: [] },
    ]);
    const outcome = await admin('redrive', '--organization', id, '--json');
    expect(figures(outcome)).toMatchObject({
      matched: 3,
      redriven: 0,
      left_alone: { conflicting_data: 1, unreadable: 1, not_ours: 1 },
    });
    expect(outcome.stderr).toContain(
      'left alone 1 with other data for an event that was accepted before, 1 that hold a batch',
    );
  });

  it('leaves alone a record that is too large with the headers it gets, and writes what is behind it', async () => {
    const id = randomUUID();
    // The topic takes 1 MiB, and the headers of the dead letter are behind those of the record.
    const large = Buffer.alloc(1_048_576 - 150, 'x');
    await refuse(id, [{ value: large }, { value: structured(id, 'behind') }]);
    const outcome = figures(await admin('redrive', '--organization', id, '--json'));
    expect(outcome).toMatchObject({ matched: 2, redriven: 1, left_alone: { too_large: 1 } });
    await eventually(() => expect(of(id).map(({ value }) => value)).toEqual([structured(id, 'behind')]));
  });

  it('ends behind the present record at Ctrl-C, says how far it got, and goes on there', async () => {
    const id = await organization();
    // At one a second they take minutes: longer than any machine needs to notice the first and to interrupt.
    const values = Array.from({ length: 200 }, (_, index) => structured(id, String(index)));
    await refuse(
      id,
      values.map((value) => ({ value })),
    );
    const child = spawn(
      process.execPath,
      ['--no-warnings', ADMIN, 'dead-letters', 'redrive', '--organization', id, '--rate', '1', '--json'],
      {
        env: { PATH: process.env['PATH'], DATABASE_URL: databaseUrl, KAFKA_BROKERS: BROKERS },
        cwd: tmpdir(),
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const ended = new Promise((resolve) => child.on('close', resolve));
    await eventually(() => expect(of(id).length).toBeGreaterThan(1));
    child.kill('SIGINT');
    expect(await ended).toBe(4);
    const first = JSON.parse(stdout) as RedriveFigures;
    expect(first.redriven).toBeLessThan(values.length);
    expect(stderr).toContain(`stopped; continue with --after ${first.reached ?? ''}`);

    const second = await admin(
      'redrive',
      '--organization',
      id,
      '--rate',
      '1000',
      '--after',
      first.reached ?? '',
      '--json',
    );
    expect(figures(second).redriven).toBe(values.length - first.redriven);
    await eventually(() => expect(of(id).map(({ value }) => value)).toEqual(values));
  });

  it.each<[string, string[], number, string]>([
    [
      'no choice',
      ['redrive'],
      1,
      'say which letters: --reason, --since, --until, --organization or --letter',
    ],
    ['a reason in another form', ['redrive', '--reason', 'Not JSON'], 2, "option '--reason <reason>'"],
    [
      'what is never redriven',
      ['redrive', '--reason', 'conflicting_data'],
      1,
      'conflicting_data is never redriven',
    ],
    [
      'times the wrong way round',
      ['list', '--since', '2026-02-02', '--until', '2026-02-01'],
      1,
      "option '--since': it must be earlier",
    ],
    [
      'a place where there is none',
      ['redrive', '--letter', '77/0'],
      1,
      "option '--letter': there is no dead letter at 77/0",
    ],
  ])('answers bad input by the name of the option and its rule: %s', async (_, args, code, text) => {
    expect(await admin(...args)).toMatchObject({
      code,
      stdout: '',
      stderr: expect.stringContaining(text) as string,
    });
  });
});
