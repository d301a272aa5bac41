import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { promisify } from 'node:util';

import { Webhook } from 'standardwebhooks';

import { isSignatureShown, verificationSnippets } from './snippets.js';

const run = promisify(execFile);
const SECRET = 'whsec_it’s "quoted" $HOME `id`';
const BODY = JSON.stringify({
  note: `it's "quoted" \\ $HOME \`id\` %s naïve 🎉 \u2028 \t 'a' 'b'`,
  nested: [1.5, null, true],
});
const signature = `sha256=${createHmac('sha256', SECRET).update(BODY).digest('hex')}`;
const request = (header = signature) => ({
  method: 'POST',
  url: "https://receiver.example/it's?a=1&b=$2",
  headers: { 'Content-Type': 'application/json', 'X-Webhook-Signature-256': header },
  body: BODY,
  attempt: 1,
});
const snippet = (id: string, header?: string) =>
  verificationSnippets(request(header)).find((each) => each.id === id)!.text;
const env = { ...process.env, SECRET };

describe('a snippet, run as it stands,', () => {
  it.each([
    ['node', process.execPath, ['--input-type=module', '-e']],
    ['python', 'python3', ['-c']],
  ])('of %s tells a genuine delivery from another', async (id, program, args) => {
    expect((await run(program, [...args, snippet(id)], { env })).stdout).toBe('genuine\n');
    const forged = signature.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    expect((await run(program, [...args, snippet(id, forged)], { env })).stdout).toMatch(/not signed/);
  });

  it('of a library tells a genuine delivery from another, whatever its age, with the secret in its form', async () => {
    const standard = `whsec_${Buffer.from(SECRET).toString('base64')}`;
    const [id, at] = ['5a0d8f4e-6f0b-5a53-9d9c-2f1f2a3b4c5d', new Date('2024-01-15T14:30:00Z')];
    const withHeaders = (signatures: string) =>
      verificationSnippets({
        ...request(),
        headers: {
          'webhook-id': id,
          'webhook-timestamp': String(at.getTime() / 1_000),
          'webhook-signature': signatures,
        },
      }).find((each) => each.id === 'library')!.text;
    const told = async (signatures: string): Promise<string> =>
      (
        await run(process.execPath, ['--input-type=module', '-e', withHeaders(signatures)], {
          env: { ...process.env, STANDARD_WEBHOOKS_SECRET: standard },
        })
      ).stdout;
    const genuine = new Webhook(standard).sign(id, at, BODY);
    expect(await told(`v1,AAAA ${genuine}`)).toBe('genuine\n');
    expect(await told('v1,AAAA')).toMatch(/not signed/);
  });

  it('of curl tells a genuine delivery from another, and sends the very body to the very address', async () => {
    // curl tells what it was given.
    const script = (header?: string) => `curl() { printf '%s\\n' "$@"; }\n${snippet('curl', header)}`;
    const forged = await run('sh', ['-c', script('sha256=00')], { env });
    expect(forged.stdout).toMatch(/^not signed/);
    const { stdout } = await run('sh', ['-c', script()], { env });
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toBe('genuine');
    expect(lines).toContain(request().url);
    expect(lines.slice(-2)).toEqual(['--data-raw', BODY]);
  });
});

it('programs are offered for a whole signature alone, and for a URL that the token may not see they name another', () => {
  expect(isSignatureShown(request())).toBe(true);
  expect(isSignatureShown(request('sha256=0a1b2c3d…'))).toBe(false);
  const hidden = verificationSnippets({ ...request(), url: null }).find(({ id }) => id === 'curl');
  expect(hidden?.text).toContain("curl -i -X POST 'https://your-domain.com/webhooks'");
});
