import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { promisify } from 'node:util';

import { verificationSnippets } from './snippets.js';

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
