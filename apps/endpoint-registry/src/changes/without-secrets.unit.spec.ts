import { createHash } from 'node:crypto';

import { SecretBox } from '@skillora/signing';

import { withoutSecrets } from './without-secrets.js';

const ID = '123e4567-e89b-12d3-a456-426614174000';
const box = SecretBox.fromSetting(Buffer.alloc(32, 1).toString('base64'));
const other = SecretBox.fromSetting(Buffer.alloc(32, 2).toString('base64'));
const fingerprint = createHash('sha256').update('a secret').digest('hex').slice(0, 8);
const sealed = box.seal('a secret', ID);
const shown = { fingerprint, sealed_with: box.keyId };

describe('a record without its secrets', () => {
  it('has fingerprints in their place, also within lists', () => {
    const record = {
      sealed_secret: sealed,
      former_secrets: [{ sealedSecret: sealed, expiresAt: '2026-01-01T00:00:00Z' }],
      description: 'as it was',
    };
    expect(withoutSecrets(record, box, ID)).toEqual({
      secret: shown,
      former_secrets: [{ secret: shown, expiresAt: '2026-01-01T00:00:00Z' }],
      description: 'as it was',
    });
  });

  it('knows a sealed text by its form, under whatever name a later release keeps it', () => {
    const record = { headers: { authorization: sealed }, anything: [[sealed]] };
    expect(withoutSecrets(record, box, ID)).toEqual({
      headers: { authorization: shown },
      anything: [[shown]],
    });
  });

  it('knows a sealed text by its name, of whatever form a later release makes it', () => {
    const record = { sealed_headers: 'v2.something else' };
    expect(withoutSecrets(record, box, ID)).toEqual({ headers: { fingerprint: null, sealed_with: null } });
  });

  it('opens each with the context that it was sealed with', () => {
    const value = box.seal('a secret', `${ID}:header:x-gateway`);
    const token = box.seal('a secret', `${ID}:authentication:sealedToken`);
    const record = {
      headers: [{ name: 'X-Gateway', sealedValue: value }],
      authentication: { type: 'bearer', sealedToken: token },
    };
    expect(withoutSecrets(record, box, ID)).toEqual({
      headers: [{ name: 'X-Gateway', value: shown }],
      authentication: { type: 'bearer', token: shown },
    });
  });

  it.each([
    ['without a key', null],
    ['with another key', other],
  ])('says that a secret is there where it cannot be opened, %s', (_what, without) => {
    expect(withoutSecrets({ sealed_secret: sealed }, without, ID)).toEqual({
      secret: { fingerprint: null, sealed_with: box.keyId },
    });
  });
});
