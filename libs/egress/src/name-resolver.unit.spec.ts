import type { LookupAddress } from 'node:dns';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createNameResolver, type NameResolverOptions } from './name-resolver.js';
import { type NameAnswer, type NameQuestion, NameServer } from './testing/name-server.js';

const V4 = { address: '93.184.216.34', family: 4 };
const V6 = { address: '2606:2800:220:1::34', family: 6 };
const MANY = {
  4: Array.from({ length: 20 }, (_, index) => `93.184.216.${index}`),
  6: Array.from({ length: 20 }, (_, index) => `2606:2800:220:1::${index + 1}`),
};
const addresses = (...given: string[]): NameAnswer => ({ addresses: given });

/** Both addresses for every name, unless the name says otherwise. */
function answerFor({ name, family }: NameQuestion): NameAnswer {
  const [kind] = name.split('.');
  if (kind === 'many') return addresses(...MANY[family === 4 ? 4 : 6]);
  if (kind === 'silent') return 'silence';
  if (kind === 'missing') return 'no such name';
  if (kind === 'failing') return 'failure';
  if (kind === 'empty' || kind === `no${family}`) return addresses();
  if (kind === `fails${family}`) return 'failure';
  if (kind === `silent${family}`) return 'silence';
  return addresses(family === 4 ? V4.address : V6.address);
}

let server: NameServer;
let folder: string;
let hostsFile: string;

beforeAll(async () => {
  server = await NameServer.listen(answerFor);
  folder = await mkdtemp(join(tmpdir(), 'skillora-names-'));
  hostsFile = join(folder, 'hosts');
  await writeFile(hostsFile, '10.0.0.7 files.example\n::7 files.example\n127.0.0.9 localhost\n');
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

function resolver(change: NameResolverOptions = {}) {
  const resolve = createNameResolver({
    servers: [server.address],
    hostsFile,
    families: [4, 6],
    firstTryMs: 250,
    ...change,
  });
  return (name: string, family?: number | 'IPv4' | 'IPv6'): Promise<LookupAddress[]> =>
    new Promise((done, failed) =>
      resolve(name, { all: true, ...(family === undefined ? {} : { family }) }, (error, found) =>
        error ? failed(error) : done(found),
      ),
    );
}

describe('a name', () => {
  it('leads to at most 16 addresses of a family, because each is judged before a connection', async () => {
    const found = await resolver()('many.example');
    expect(found.map(({ address }) => address)).toEqual([...MANY[4].slice(0, 16), ...MANY[6].slice(0, 16)]);
  });

  it('is resolved to the addresses of both families, IPv4 first', async () => {
    expect(await resolver()('name.example')).toEqual([V4, V6]);
  });

  it('is asked for complete, with or without its dot, in lower case', async () => {
    server.questions.length = 0;
    await resolver()('Complete.Example.');
    await resolver()('single');
    expect(new Set(server.questions.map(({ name }) => name))).toEqual(
      new Set(['complete.example', 'single']),
    );
  });

  it('is asked for in the families of the machine alone', async () => {
    server.questions.length = 0;
    expect(await resolver({ families: [4] })('families.example')).toEqual([V4]);
    expect(server.questions).toEqual([{ name: 'families.example', family: 4 }]);
  });

  it.each([
    [4, [V4]],
    ['IPv4', [V4]],
    [6, [V6]],
    ['IPv6', [V6]],
    [0, [V4, V6]],
  ] as const)('is resolved in the family %p if so wished', async (family, found) => {
    expect(await resolver()('wished.example', family)).toEqual(found);
  });

  it.each([
    ['no6.example', [V4]],
    ['no4.example', [V6]],
    ['fails6.example', [V4]],
    ['fails4.example', [V6]],
    ['silent6.example', [V4]],
    ['silent4.example', [V6]],
  ])('has what addresses there are where one family has none to give: %s', async (name, found) => {
    expect(await resolver()(name)).toEqual(found);
  });

  it.each([
    ['missing.example', 'ENOTFOUND'],
    ['empty.example', 'ENOTFOUND'],
    ['failing.example', 'ESERVFAIL'],
    [`${'a'.repeat(64)}.example`, 'ENOTFOUND'],
  ])('that has no address fails by a code that says why: %s', async (name, code) => {
    await expect(resolver()(name)).rejects.toMatchObject({ code });
  });

  it('fails by a code of resolving when the name server cannot be reached', async () => {
    const gone = await NameServer.listen(() => 'silence');
    const { address } = gone;
    await gone.close();
    await expect(resolver({ servers: [address] })('name.example')).rejects.toMatchObject({
      code: 'ESERVFAIL',
    });
  });

  it('is asked for once while it is asked for, and anew afterwards', async () => {
    const resolve = resolver();
    server.questions.length = 0;
    const [first, second] = await Promise.all([resolve('shared.example'), resolve('SHARED.example.')]);
    expect(first).toEqual(second);
    expect(server.questions).toHaveLength(2);
    await resolve('shared.example');
    expect(server.questions).toHaveLength(4);
  });

  it('whose servers are silent holds up no other, however many there are', async () => {
    const resolve = resolver();
    let ended = 0;
    const silent = Array.from({ length: 500 }, (_, index) =>
      resolve(`silent.${index}.example`).then(
        () => undefined,
        (error: unknown) => {
          ended += 1;
          return (error as NodeJS.ErrnoException).code;
        },
      ),
    );
    for (let i = 0; i < 50; i += 1) expect(await resolve(`name.${i}.example`)).toEqual([V4, V6]);
    expect(ended).toBe(0);
    expect(new Set(await Promise.all(silent))).toEqual(new Set(['ETIMEOUT']));
  });
});

describe('the hosts file', () => {
  it('comes before the name servers', async () => {
    server.questions.length = 0;
    expect(await resolver()('Files.example')).toEqual([
      { address: '10.0.0.7', family: 4 },
      { address: '::7', family: 6 },
    ]);
    expect(server.questions).toEqual([]);
  });

  it('gives addresses of the families of the machine, or others where it has no such', async () => {
    expect(await resolver({ families: [6] })('files.example')).toEqual([{ address: '::7', family: 6 }]);
    expect(await resolver({ families: [6] })('localhost')).toEqual([{ address: '127.0.0.9', family: 4 }]);
  });

  it('need not be there', async () => {
    expect(await resolver({ hostsFile: join(folder, 'none') })('files.example')).toEqual([V4, V6]);
  });
});

describe('localhost', () => {
  it('is what the hosts file says', async () => {
    expect(await resolver()('localhost')).toEqual([{ address: '127.0.0.9', family: 4 }]);
  });

  it.each(['localhost', 'localhost.', 'LOCALHOST', 'api.localhost'])(
    'is the loopback where it does not say, and no name server is asked: %s',
    async (name) => {
      server.questions.length = 0;
      expect(await resolver({ hostsFile: join(folder, 'none') })(name)).toEqual([
        { address: '127.0.0.1', family: 4 },
        { address: '::1', family: 6 },
      ]);
      expect(server.questions).toEqual([]);
    },
  );
});
