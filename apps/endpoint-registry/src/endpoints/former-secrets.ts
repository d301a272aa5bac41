import type { FormerSecret } from '@skillora/contracts';

/** The longest time a former secret can be kept valid, seconds: a month. */
export const MAX_FORMER_SECONDS = 30 * 86_400;
/** So many former secrets sign at most; each is 48 characters of a header. */
export const MAX_FORMER_SECRETS = 5;

/** What signs beside the new secret once `replaced` is replaced at `now` and stays valid until `keepUntil`. */
export function formerSecretsAfter(
  replaced: { readonly sealedSecret: string; readonly formerSecrets: readonly FormerSecret[] },
  keepUntil: Date | null,
  now: Date,
): readonly FormerSecret[] {
  // Replaced without a wish, everything before ends at once: that is what one does with a secret that leaked.
  if (keepUntil === null) return [];
  return [
    { sealedSecret: replaced.sealedSecret, expiresAt: keepUntil.toISOString() },
    ...unexpired(replaced.formerSecrets, now),
  ].slice(0, MAX_FORMER_SECRETS);
}

/** Those that still count at `now`. */
export function unexpired(secrets: readonly FormerSecret[], now: Date): readonly FormerSecret[] {
  return secrets.filter(({ expiresAt }) => Date.parse(expiresAt) > now.getTime());
}
