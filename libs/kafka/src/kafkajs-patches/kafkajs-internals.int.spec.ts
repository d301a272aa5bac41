import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Makes requests as a client does, in Node itself: the modules of jest are loaded in another way. */
const REQUESTS = `
  import Module, { createRequire } from 'node:module';
  import { createKafka } from '@skillora/kafka';

  const require = createRequire(import.meta.url);
  createKafka({ brokers: ['127.0.0.1:1'], clientId: 'spec', logger: { child: () => ({}) } });
  const { requests } = require('kafkajs/src/protocol/requests');

  const answer = Buffer.alloc(14);
  async function ask() {
    requests.Produce.protocol({ version: 7 })({ topicData: [] });
    const { response } = requests.Fetch.protocol({ version: 11 })({ maxWaitTime: 1, topics: [] });
    await response.decode(answer);
  }
  await ask();
  let lookups = 0;
  const find = Module._resolveFilename;
  Module._resolveFilename = (...given) => {
    lookups += 1;
    return find.call(Module, ...given);
  };
  for (let i = 0; i < 10; i += 1) await ask();
  process.stdout.write(String(lookups));
`;

it('the files of kafkajs are looked for once, not with each request and answer', async () => {
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', REQUESTS], {
    cwd: import.meta.dirname,
  });
  expect(stdout).toBe('0');
}, 120_000);
