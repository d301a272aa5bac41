import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { standardWebhooksSecret } from '@skillora/signing';

import { attemptSignedWith, SECRETS } from './testing/attempt.js';

const PACKAGES = ['standardwebhooks==1.1.0', 'svix==2.9.1'];
/** Where they are kept until the next `npm ci`. */
const FOLDER = fileURLToPath(
  new URL(`../../../../node_modules/.cache/skillora/python/${PACKAGES.join('+')}`, import.meta.url),
);
/** Fetching them takes as long as the package index does. */
const INSTALL_LIMIT_MS = 240_000;

async function install(): Promise<void> {
  if (existsSync(FOLDER)) return;
  const partial = `${FOLDER}.${process.pid}`;
  mkdirSync(dirname(FOLDER), { recursive: true });
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', partial];
  await promisify(execFile)('python3', [...pip, ...PACKAGES]);
  rmSync(FOLDER, { recursive: true, force: true });
  renameSync(partial, FOLDER);
}

const VERIFY = `
import json, sys
import standardwebhooks, svix.webhooks
libraries = {"standardwebhooks": standardwebhooks, "svix": svix.webhooks}
for case in json.load(sys.stdin):
    library = libraries[case["library"]]
    key = case["secret"].encode("utf-8") if case["raw"] else case["secret"]
    try:
        library.Webhook(key).verify(case["body"], case["headers"])
        print("verifies")
    except library.WebhookVerificationError:
        print("refuses")
`;

const { generated, former, custom, lookalike, decodable } = SECRETS;
const CASES = ['standardwebhooks', 'svix'].flatMap((library) => [
  {
    library,
    what: 'a generated secret',
    signed: [generated],
    secret: generated,
    raw: false,
    does: 'verifies',
  },
  {
    library,
    what: 'the new secret',
    signed: [generated, former],
    secret: generated,
    raw: false,
    does: 'verifies',
  },
  {
    library,
    what: 'the former secret',
    signed: [generated, former],
    secret: former,
    raw: false,
    does: 'verifies',
  },
  { library, what: 'one that has ended', signed: [generated], secret: former, raw: false, does: 'refuses' },
  { library, what: 'a secret of its own', signed: [custom], secret: custom, raw: true, does: 'verifies' },
  ...[custom, lookalike, decodable, generated].map((secret) => ({
    library,
    what: `standard_webhooks_secret of ${secret === generated ? 'a generated secret' : secret}`,
    signed: [secret],
    secret: standardWebhooksSecret(secret),
    raw: false,
    does: 'verifies',
  })),
]);

let outcomes: string[] = [];

beforeAll(async () => {
  await install();
  const input = CASES.map(({ library, signed: [current = '', ...rest], secret, raw }) => ({
    library,
    secret,
    raw,
    ...attemptSignedWith({ current, former: rest }),
  }));
  const env = { ...process.env, PYTHONPATH: FOLDER };
  outcomes = execFileSync('python3', ['-c', VERIFY], { input: JSON.stringify(input), encoding: 'utf8', env })
    .trim()
    .split('\n');
}, INSTALL_LIMIT_MS);

describe('a receiver in Python', () => {
  it.each(CASES.map(({ library, does, what }, index) => ({ library, does, what, index })))(
    'with the $library library $does with $what',
    ({ does, index }) => {
      expect(outcomes[index]).toBe(does);
    },
  );
});
