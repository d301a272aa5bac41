import { formerSecretsAfter, MAX_FORMER_SECRETS } from './former-secrets.js';

const at = (time: string): Date => new Date(`2026-01-15T${time}:00Z`);
const former = (sealedSecret: string, time: string) => ({ sealedSecret, expiresAt: at(time).toISOString() });

describe('the secrets an endpoint had before', () => {
  const replaced = {
    sealedSecret: 'now',
    formerSecrets: [former('before', '13:00'), former('first', '12:00')],
  };

  it('all end at once when nobody asked to keep the last one', () => {
    expect(formerSecretsAfter(replaced, null, at('12:30'))).toEqual([]);
  });

  it('are the last one until the time asked for, and those still valid until theirs', () => {
    expect(formerSecretsAfter(replaced, at('20:00'), at('12:30'))).toEqual([
      former('now', '20:00'),
      former('before', '13:00'),
    ]);
  });

  it('are no more than a few, the newest', () => {
    let formerSecrets: ReturnType<typeof formerSecretsAfter> = [];
    for (let n = 1; n <= 10; n++) {
      formerSecrets = formerSecretsAfter(
        { sealedSecret: String(n), formerSecrets },
        at('20:00'),
        at('12:30'),
      );
    }
    expect(formerSecrets).toHaveLength(MAX_FORMER_SECRETS);
    expect(formerSecrets[0]?.sealedSecret).toBe('10');
  });
});
