import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { PythonPackages } from '@skillora/engines';
import { waitFor } from '@skillora/testing';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import openapiTs, { astToString } from 'openapi-typescript';

import { Customer } from './testing/customer.js';
import { interviewCompleted, mockInterviewCompleted, ProducerService } from './testing/producer-service.js';
import { type Arrival, Receiver } from './testing/receiver.js';

const run = promisify(execFile);
const TSC = fileURLToPath(new URL('../../../../node_modules/typescript/bin/tsc', import.meta.url));
/** Fetching packages takes as long as the package index does. */
const LIMIT_MS = 600_000;

interface EventType {
  readonly name: string;
  readonly schema: object;
  readonly example: { readonly event: string; readonly data: object };
}

const customer = Customer.ofStack();
const producer = new ProducerService(customer.address);
let receiver: Receiver;
let endpointId: string;
let types: EventType[];

beforeAll(async () => {
  receiver = await Receiver.start();
  ({ id: endpointId } = await customer.register(receiver.url));
  types = (await customer.call<{ results: EventType[] }>('GET', '/api/v1/event-types/')).body.results;
  await producer.publish(interviewCompleted());
  await producer.publishBinary(mockInterviewCompleted());
  for (const { name } of types) await sendTest({ event_type: name });
  await sendTest();
  await waitFor(() => receiver.arrivals.length >= types.length + 3, 'every request');
});

afterAll(async () => {
  await customer.call('DELETE', `/api/v1/webhook-endpoints/${endpointId}/`);
  await receiver.stop();
});

async function sendTest(body?: object): Promise<void> {
  const { status } = await customer.call('POST', `/api/v1/webhook-endpoints/${endpointId}/test/`, body);
  expect(status).toBe(200);
}

const isTest = ({ headers }: Arrival): boolean => headers['x-webhook-test'] === 'true';

describe('every body that arrives', () => {
  it('validates against what is published for the type that its header names', () => {
    for (const { headers, body } of receiver.arrivals) {
      const type = types.find(({ name }) => name === headers['x-webhook-event']);
      const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
      addFormats.default(ajv);
      const validate = ajv.compile(type?.schema ?? { not: {} });
      validate(JSON.parse(body));
      expect(validate.errors).toBeNull();
    }
  });

  it('survives being parsed and written, test sends included', () => {
    for (const { body } of receiver.arrivals) expect(JSON.stringify(JSON.parse(body))).toBe(body);
  });
});

describe('a test send', () => {
  it('sends the example of its type, and is marked; an event is not', () => {
    const tests = receiver.arrivals.filter(isTest);
    expect(tests.map(({ headers }) => headers['x-webhook-event'])).toEqual([
      ...types.map(({ name }) => name),
      'test',
    ]);
    for (const { headers, body } of tests) {
      const type = types.find(({ name }) => name === headers['x-webhook-event']);
      expect(JSON.parse(body)).toMatchObject({ event: type?.example.event, data: type?.example.data });
    }
    expect(receiver.arrivals.filter((arrival) => !isTest(arrival))).toHaveLength(2);
  });

  it('is a test in the delivery log, and its request is shown as it was sent', async () => {
    const [delivery] = await customer.deliveries({ endpoint_id: endpointId, event_type: 'test' });
    const path = `/api/v1/webhook-deliveries/${delivery?.id ?? ''}/request/?attempt=1`;
    const { body: shown } = await customer.call<{ headers: Record<string, string>; body: string }>(
      'GET',
      path,
    );
    const sent = receiver.arrivals.find(({ headers }) => headers['x-webhook-id'] === delivery?.id);
    expect(shown.body).toBe(sent?.body);
    for (const [name, value] of Object.entries(shown.headers)) {
      expect([name, sent?.headers[name.toLowerCase()]]).toEqual([name, value]);
    }
    expect(shown.headers['X-Webhook-Test']).toBe('true');
  });
});

/** Reads bodies with the types of the OpenAPI document; it compiles only if they fit. */
const TYPESCRIPT_RECEIVER = `
import type { webhooks } from './webhooks.js';
type BodyOf<T extends keyof webhooks> = webhooks[T]['post']['requestBody']['content']['application/json'];
type Body = BodyOf<'interview_completed'> | BodyOf<'mock_interview_completed'> | BodyOf<'test'>;
declare const process: { argv: string[] };
declare const console: { log(text: string): void };
function read(body: Body): string {
  switch (body.event) {
    case 'interview.completed': return 'interview ' + body.data.interview_id + ' ' + String(body.data.score?.toFixed(1));
    case 'mock_interview_completed': return 'mock ' + body.data.id + ' ' + (body.data.user.first_name ?? '');
    case 'test': return 'test ' + body.data.message;
  }
}
for (const body of JSON.parse(process.argv[2] ?? '[]') as Body[]) console.log(read(body));
`;

/** Makes a module of each schema, and reads the bodies of its type with it. */
const PYTHON_RECEIVER = `
import importlib, json, os, subprocess, sys, tempfile
folder = tempfile.mkdtemp()
sys.path.insert(0, folder)
for name, schema in json.loads(os.environ["SCHEMAS"]).items():
    path = os.path.join(folder, name.replace(".", "_"))
    with open(path + ".json", "w") as file:
        json.dump(schema, file)
    subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "datamodel_code_generator", "--input", path + ".json", "--output", path + "_model.py",
         "--input-file-type", "jsonschema", "--output-model-type", "pydantic_v2.BaseModel", "--class-name", "Body"],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
for name, body in json.loads(os.environ["BODIES"]):
    read = importlib.import_module(name.replace(".", "_") + "_model").Body.model_validate_json(body)
    print(read.event, read.timestamp.isoformat())
`;

describe('a receiver that a public generator made', () => {
  it(
    'compiles in TypeScript and reads our events: openapi-typescript',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'skillora-generated-'));
      try {
        const { body: document } = await customer.call<object>('GET', '/api/v1/openapi.json');
        await writeFile(join(folder, 'webhooks.ts'), astToString(await openapiTs(JSON.stringify(document))));
        await writeFile(join(folder, 'receiver.ts'), TYPESCRIPT_RECEIVER);
        await writeFile(join(folder, 'package.json'), '{"type":"module"}');
        const options = ['--strict', '--target', 'es2022', '--module', 'nodenext', '--outDir', folder];
        await run(process.execPath, [TSC, ...options, join(folder, 'receiver.ts')]);
        const bodies = receiver.arrivals.map(({ body }) => JSON.parse(body) as unknown);
        const { stdout } = await run(process.execPath, [join(folder, 'receiver.js'), JSON.stringify(bodies)]);
        const lines = stdout.trim().split('\n');
        expect(lines).toHaveLength(receiver.arrivals.length);
        expect(lines).toContain('mock 123e4567-e89b-12d3-a456-426614174000 John');
        expect(lines).toContain('test This is a test webhook from Skillora');
      } finally {
        await rm(folder, { recursive: true });
      }
    },
    LIMIT_MS,
  );

  it(
    'imports in Python and reads our events: datamodel-code-generator',
    async () => {
      const python = await PythonPackages.install('datamodel-code-generator==0.89.0');
      if (python === null) return;
      const printed = await python.run(PYTHON_RECEIVER, {
        SCHEMAS: JSON.stringify(Object.fromEntries(types.map(({ name, schema }) => [name, schema]))),
        BODIES: JSON.stringify(
          receiver.arrivals.map(({ headers, body }) => [headers['x-webhook-event'], body]),
        ),
      });
      const events = printed
        .trim()
        .split('\n')
        .map((line) => line.split(' ')[0]);
      const sent = receiver.arrivals.map(({ body }) => (JSON.parse(body) as { event: string }).event);
      expect(events).toEqual(sent);
    },
    LIMIT_MS,
  );
});
