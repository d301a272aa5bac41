import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { isUuid } from '@skillora/contracts';

import { LocalStackFile } from './generated-identity.js';

describe('the generated identity', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'skillora-identity-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('is a key of 32 bytes, an organisation and a token, readable to the owner alone', () => {
    const { secretsKey, organizationId, apiToken } = new LocalStackFile(folder).identity({});
    expect(Buffer.from(secretsKey, 'base64')).toHaveLength(32);
    expect(isUuid(organizationId)).toBe(true);
    expect(apiToken).toMatch(/^sk_[\w-]{43}$/);
    expect(statSync(join(folder, 'local-stack.json')).mode & 0o777).toBe(0o600);
  });

  it('stays the same across starts, and the demo’s endpoint with it', () => {
    const first = new LocalStackFile(folder);
    first.rememberDemoEndpoint('an-id');
    const second = new LocalStackFile(folder);
    expect(second.identity({})).toEqual(first.identity({}));
    expect(second.demoEndpointId).toBe('an-id');
    second.rememberDemoEndpoint(undefined);
    expect(new LocalStackFile(folder).demoEndpointId).toBeUndefined();
  });

  it('yields to the environment, without forgetting what it generated', () => {
    const kept = new LocalStackFile(folder);
    const { apiToken } = kept.identity({});
    expect(kept.identity({ BOOTSTRAP_API_TOKEN: 'sk_mine' }).apiToken).toBe('sk_mine');
    expect(new LocalStackFile(folder).identity({}).apiToken).toBe(apiToken);
  });

  it.each(['SECRETS_KEY', 'BOOTSTRAP_ORGANIZATION_ID', 'BOOTSTRAP_API_TOKEN'])(
    'is no answer to %s that is set and empty',
    (variable) => {
      expect(() => new LocalStackFile(folder).identity({ [variable]: '' })).toThrow(
        `bad settings: ${variable} is set and empty`,
      );
    },
  );

  it('yields to a file that the environment names', () => {
    writeFileSync(join(folder, 'token'), 'sk_from_a_file\n');
    const env = { BOOTSTRAP_API_TOKEN_FILE: join(folder, 'token') };
    expect(new LocalStackFile(folder).identity(env).apiToken).toBe('sk_from_a_file');
  });

  it.each(['', '[]', '{"SECRETS_KEY":"x"}', 'null'])(
    'is not made up anew over a damaged file: %j',
    (text) => {
      writeFileSync(join(folder, 'local-stack.json'), text);
      expect(() => new LocalStackFile(folder)).toThrow('is not a file that an earlier start wrote');
    },
  );
});
