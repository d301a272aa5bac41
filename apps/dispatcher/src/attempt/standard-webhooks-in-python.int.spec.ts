import { PythonPackages } from '@skillora/engines';
import { standardWebhooksSecret } from '@skillora/signing';

import { attemptSignedWith, SECRETS } from './testing/attempt.js';

const PACKAGES = ['standardwebhooks==1.1.0', 'svix==2.9.1'];
/** Fetching them takes as long as the package index does. */
const INSTALL_LIMIT_MS = 600_000;

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

/** Null where the machine lacks Python or its packages, which was said then. */
let outcomes: string[] | null = null;

beforeAll(async () => {
  const python = await PythonPackages.install(...PACKAGES);
  if (!python) return;
  const input = CASES.map(({ library, signed: [current = '', ...rest], secret, raw }) => ({
    library,
    secret,
    raw,
    ...attemptSignedWith({ current, former: rest }),
  }));
  outcomes = (await python.run(VERIFY, {}, JSON.stringify(input))).trim().split('\n');
}, INSTALL_LIMIT_MS);

describe('a receiver in Python', () => {
  it.each(CASES.map(({ library, does, what }, index) => ({ library, does, what, index })))(
    'with the $library library $does with $what',
    ({ does, index }) => {
      if (outcomes) expect(outcomes[index]).toBe(does);
    },
  );
});
