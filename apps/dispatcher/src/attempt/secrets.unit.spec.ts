import type { EndpointState } from '@skillora/contracts';
import { SecretBox } from '@skillora/signing';

import { Secrets } from './secrets.js';

const box = SecretBox.fromSetting(Buffer.alloc(32, 1).toString('base64'));
const ID = '123e4567-e89b-12d3-a456-426614174000';
const STATE: EndpointState = {
  id: ID,
  organizationId: ID,
  version: 1,
  url: 'https://example.com/',
  events: [],
  isActive: true,
  sealedSecret: box.seal('the secret of now', ID),
};
const at = (time: string): Date => new Date(`2026-01-15T${time}:00Z`);

describe('the secrets of an endpoint', () => {
  it('are the one it has, in a record of an older release too', () => {
    expect(new Secrets(box).of(STATE, at('12:00'))).toEqual({ current: 'the secret of now', former: [] });
  });

  it('are those it had before too, until they expire', () => {
    const secrets = new Secrets(box);
    const state = {
      ...STATE,
      formerSecrets: [
        { sealedSecret: box.seal('the one before', ID), expiresAt: at('14:00').toISOString() },
        { sealedSecret: box.seal('the oldest one', ID), expiresAt: at('13:00').toISOString() },
      ],
    };
    expect(secrets.of(state, at('12:00')).former).toEqual(['the one before', 'the oldest one']);
    expect(secrets.of(state, at('13:00')).former).toEqual(['the one before']);
    expect(secrets.of(state, at('14:00'))).toEqual({ current: 'the secret of now', former: [] });
  });

  it('cannot be had without the key they were sealed with', () => {
    const other = SecretBox.fromSetting(Buffer.alloc(32, 2).toString('base64'));
    expect(() => new Secrets(other).of(STATE, at('12:00'))).toThrow(/SECRETS_KEY does not hold/);
  });
});
