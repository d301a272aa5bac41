import type { FormerSecret } from '@skillora/contracts';

/** The longest time that a former secret can stay valid, seconds: a month. */
export const MAX_FORMER_SECONDS = 30 * 86_400;
/** How many former secrets can sign; each takes 48 characters of a header. */
export const MAX_FORMER_SECRETS = 5;

/** The former secrets once `replaced` is replaced at `now` and stays valid until `keepUntil`. */
export function formerSecretsAfter(
  replaced: { readonly sealedSecret: string; readonly formerSecrets: readonly FormerSecret[] },
  keepUntil: Date | null,
  now: Date,
): readonly FormerSecret[] {
  // A replacement without a time ends all former secrets at once, because that is what to do with a leaked
  // secret.
  if (keepUntil === null) return [];
  return [
    { sealedSecret: replaced.sealedSecret, expiresAt: keepUntil.toISOString() },
    ...unexpired(replaced.formerSecrets, now),
  ].slice(0, MAX_FORMER_SECRETS);
}

/** The former secrets that are still valid at `now`. */
export function unexpired(secrets: readonly FormerSecret[], now: Date): readonly FormerSecret[] {
  return secrets.filter(({ expiresAt }) => Date.parse(expiresAt) > now.getTime());
}
