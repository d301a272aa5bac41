import { spawnSync } from 'node:child_process';

import fc from 'fast-check';

import { signBody, verifySignature } from './body-signature.js';

const secrets = fc.string({ unit: 'binary', minLength: 1, maxLength: 80 });

describe('the signature of a body', () => {
  it.each([
    // RFC 4231, test cases 1, 2 and 6: keys that are text when the secret is UTF-8.
    ['\x0b'.repeat(20), 'Hi There', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
    [
      'Jefe',
      'what do ya want for nothing?',
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
    // GitHub's documented example for the header of the same form.
    [
      "It's a Secret to Everybody",
      'Hello, World!',
      '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    ],
  ])('is the published one for the key %j', (secret, body, hex) => {
    expect(signBody(body, secret)).toBe(`sha256=${hex}`);
  });

  it('has the whole secret in UTF-8 as its key, prefix included', () => {
    expect(signBody('{}', 'whsec_sécrèt-🔑-0123456')).toBe(
      'sha256=171dbbe87fd292f5f0ce1cc58b6b5d97316194aa401b3baa18f0696a4442c780',
    );
  });

  it('is the same for text and for its UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), secrets, (body, secret) => {
        expect(signBody(body, secret)).toBe(signBody(Buffer.from(body, 'utf8'), secret));
      }),
    );
  });

  it('verifies what it signed, bytes of any kind', () => {
    fc.assert(
      fc.property(fc.uint8Array(), secrets, (bytes, secret) => {
        const body = Buffer.from(bytes);
        expect(verifySignature(body, signBody(body, secret), secret)).toBe(true);
      }),
    );
  });

  it('does not verify when one bit of the body has changed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), secrets, (bytes, position, secret) => {
        const changed = Buffer.from(bytes);
        const at = position % (bytes.length * 8);
        changed[at >> 3]! ^= 1 << (at & 7);
        expect(verifySignature(changed, signBody(Buffer.from(bytes), secret), secret)).toBe(false);
      }),
    );
  });

  it('does not verify when one hex digit of the header has changed', () => {
    fc.assert(
      fc.property(
        fc.string(),
        secrets,
        fc.nat(63),
        fc.integer({ min: 1, max: 15 }),
        (body, secret, at, by) => {
          const hex = signBody(body, secret).slice('sha256='.length);
          const digit = ((parseInt(hex[at]!, 16) + by) % 16).toString(16);
          expect(
            verifySignature(body, `sha256=${hex.slice(0, at)}${digit}${hex.slice(at + 1)}`, secret),
          ).toBe(false);
        },
      ),
    );
  });

  it('does not verify under another secret', () => {
    fc.assert(
      fc.property(fc.string(), secrets, secrets, (body, secret, other) => {
        // HMAC pads short keys with zero bytes, so keys that differ only in trailing NULs are the same key.
        fc.pre(secret.replace(/(?<!\0)\0+$/, '') !== other.replace(/(?<!\0)\0+$/, ''));
        expect(verifySignature(body, signBody(body, secret), other)).toBe(false);
      }),
    );
  });

  it('turns down any other header without throwing', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.constantFrom(null, undefined, '', 'sha256=', `sha1=${'0'.repeat(40)}`),
          fc.string({ unit: 'binary' }),
          fc.string({ unit: 'binary' }).map((tail) => `sha256=${tail}`),
          fc
            .string({ unit: fc.constantFrom(...Array.from('0123456789abcdef')), maxLength: 130 })
            .map((hex) => `sha256=${hex}`),
        ),
        (header) => {
          expect(verifySignature('body', header, 'a secret of some length')).toBe(false);
        },
      ),
    );
  });

  it('takes hex in upper case, as some proxies and languages write it', () => {
    const header = signBody('body', 'secret').replace(/=(.*)/, (_, hex: string) => `=${hex.toUpperCase()}`);
    expect(verifySignature('body', header, 'secret')).toBe(true);
  });
});

const python = spawnSync('python3', ['-c', 'import hmac, hashlib, json']);
const pythonIsHere = python.status === 0;
const title = pythonIsHere
  ? 'a receiver in Python'
  : 'a receiver in Python (skipped: no python3 on this machine)';

(pythonIsHere ? describe : describe.skip)(title, () => {
  const receiver = `
import hashlib, hmac, json, sys
verdicts = []
for case in json.load(sys.stdin):
    expected = 'sha256=' + hmac.new(case['secret'].encode('utf-8'), bytes.fromhex(case['body']), hashlib.sha256).hexdigest()
    verdicts.append(hmac.compare_digest(expected, case['header']))
json.dump(verdicts, sys.stdout)
`;

  it('verifies what we sign, with nothing but its standard library', () => {
    const cases = fc.sample(fc.tuple(fc.uint8Array(), secrets), 200).map(([bytes, secret]) => {
      const body = Buffer.from(bytes);
      return { body: body.toString('hex'), secret, header: signBody(body, secret) };
    });
    const forged = { ...cases[0]!, header: `sha256=${'0'.repeat(64)}` };
    const run = spawnSync('python3', ['-c', receiver], {
      input: JSON.stringify([...cases, forged]),
      encoding: 'utf8',
    });
    expect(run.stderr).toBe('');
    expect(JSON.parse(run.stdout)).toEqual([...cases.map(() => true), false]);
  });
});
