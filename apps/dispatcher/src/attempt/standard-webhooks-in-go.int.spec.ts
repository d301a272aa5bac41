import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { standardWebhooksSecret } from '@skillora/signing';

import { attemptSignedWith, SECRETS } from './testing/attempt.js';

const FOLDER = fileURLToPath(new URL('./testing/standard-webhooks-in-go', import.meta.url));
/** Fetching the module and compiling take as long as the proxy and the machine do. */
const LIMIT_MS = 600_000;

const goIsHere = spawnSync('go', ['version']).status === 0;
const title = goIsHere ? 'a receiver in Go' : 'a receiver in Go (skipped: no go on this machine)';

const { generated, custom, lookalike, decodable } = SECRETS;
const CASES = [
  ...[generated, custom, lookalike, decodable].map((secret) => ({
    what: `standard_webhooks_secret of ${secret === generated ? 'a generated secret' : secret}`,
    signedWith: secret,
    given: standardWebhooksSecret(secret),
    does: 'verifies',
  })),
  { what: 'a generated secret as it is', signedWith: generated, given: generated, does: 'verifies' },
  {
    what: 'another secret',
    signedWith: generated,
    given: standardWebhooksSecret(custom),
    does: 'refuses',
  },
];

(goIsHere ? describe : describe.skip)(title, () => {
  let outcomes: string[] = [];

  beforeAll(() => {
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    const input = CASES.map(({ signedWith, given }) => {
      const { body, headers } = attemptSignedWith({ current: signedWith, former: [] });
      const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
      return [given, body, ...names.map((name) => headers[name] ?? '')].map(base64).join('\t');
    }).join('\n');
    outcomes = execFileSync('go', ['run', '.'], { cwd: FOLDER, input, encoding: 'utf8' }).trim().split('\n');
  }, LIMIT_MS);

  it.each(CASES.map(({ what, does }, index) => ({ what, does, index })))(
    'with the standardwebhooks library $does with $what',
    ({ does, index }) => {
      expect(outcomes[index]).toBe(does);
    },
  );
});
