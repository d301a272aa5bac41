import { isSealed, sealContextOf, sealingKeyOf, type SecretBox, secretFingerprint } from '@skillora/signing';

import type { Fields } from './entry.js';

/** What an entry shows in the place of a secret. */
export interface ShownSecret {
  /** The first 8 hex digits of the SHA-256 of the secret; null where it cannot be opened. */
  readonly fingerprint: string | null;
  /** The id of the key it is sealed with; absent where it is not kept at all. */
  readonly sealed_with?: string | null;
}

/**
 * The fields of a record with a fingerprint in the place of each secret. A secret is known by the name of its field,
 * which begins with `sealed`, or by its form: so one that is added later is never shown as it is sealed.
 * @param box null where there is none: fingerprints are null then. @param endpointId whose secrets they are.
 */
export function withoutSecrets(fields: Fields, box: SecretBox | null, endpointId: string): Fields {
  const shown = (value: unknown): unknown => {
    if (typeof value === 'string') return isSealed(value) ? shownSecret(value, box, endpointId) : value;
    if (Array.isArray(value)) return value.map(shown);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, field]) =>
        name.startsWith('sealed') && typeof field === 'string'
          ? [
              openName(name),
              shownSecret(field, box, sealContextOf(endpointId, name, value as Record<string, unknown>)),
            ]
          : [name, shown(field)],
      ),
    );
  };
  return shown(fields) as Fields;
}

function shownSecret(sealed: string, box: SecretBox | null, context: string): ShownSecret {
  return { fingerprint: fingerprint(sealed, box, context), sealed_with: sealingKeyOf(sealed) };
}

function fingerprint(sealed: string, box: SecretBox | null, context: string): string | null {
  if (!box) return null;
  try {
    return secretFingerprint(box.open(sealed, context));
  } catch {
    // Its key was taken out of SECRETS_KEY. The change is no less a change, and is not to fail for this.
    return null;
  }
}

/** `secret` for `sealed_secret` and for `sealedSecret`. */
function openName(name: string): string {
  const rest = name.slice('sealed'.length).replace(/^_/, '');
  return rest === '' ? 'secret' : rest.charAt(0).toLowerCase() + rest.slice(1);
}
