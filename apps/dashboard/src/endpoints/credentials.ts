import type { Authentication, AuthenticationType } from '../api/types.js';

/** What stands in the place of a value that nobody can read. */
export const MASKED = '••••••••';

/** A header that is being added. */
export interface NewHeader {
  readonly name: string;
  readonly value: string;
}

/** The headers of an endpoint while they are edited. */
export interface HeaderEdits {
  readonly added: readonly NewHeader[];
  readonly removed: readonly string[];
}

export const NO_EDITS: HeaderEdits = { added: [], removed: [] };

/**
 * What a request says about headers: null removes one. Undefined where nothing changes, because an empty object would
 * remove all. Rows without a name and a value do not count.
 */
export function headersChange({ added, removed }: HeaderEdits): Record<string, string | null> | undefined {
  const set = added.filter(({ name, value }) => name !== '' || value !== '');
  if (set.length === 0 && removed.length === 0) return undefined;
  // A name that is removed and added again is set.
  return Object.fromEntries([
    ...removed
      .filter((name) => !set.some((each) => each.name.toLowerCase() === name.toLowerCase()))
      .map((name) => [name, null] as const),
    ...set.map(({ name, value }) => [name, value] as const),
  ]);
}

/** A field of a type of authentication. */
export interface CredentialField {
  readonly name: string;
  readonly label: string;
  readonly isSecret?: boolean;
  readonly isOptional?: boolean;
}

/** The types of authentication, by the names that visitors see, with the fields of each. */
export const AUTHENTICATION: Readonly<
  Record<AuthenticationType, { readonly label: string; readonly fields: readonly CredentialField[] }>
> = {
  none: { label: 'None', fields: [] },
  bearer: { label: 'Bearer token', fields: [{ name: 'token', label: 'Token', isSecret: true }] },
  basic: {
    label: 'User name and password',
    fields: [
      { name: 'username', label: 'User name' },
      { name: 'password', label: 'Password', isSecret: true },
    ],
  },
  oauth2_client_credentials: {
    label: 'OAuth 2.0 client credentials',
    fields: [
      { name: 'token_url', label: 'Token URL' },
      { name: 'client_id', label: 'Client id' },
      { name: 'client_secret', label: 'Client secret', isSecret: true },
      { name: 'scope', label: 'Scope', isOptional: true },
      { name: 'audience', label: 'Audience', isOptional: true },
    ],
  },
};

/** The authentication of an endpoint while it is edited: the fields by their names. */
export type AuthenticationEdits = Readonly<Record<string, string>> & { readonly type: AuthenticationType };

/**
 * What a request says about authentication. Undefined where nothing changes. A secret that is left empty is left out: the
 * API keeps it if nothing else changes.
 */
export function authenticationChange(
  present: Authentication,
  edits: AuthenticationEdits,
): Readonly<Record<string, string>> | undefined {
  const { fields } = AUTHENTICATION[edits.type];
  const given = Object.fromEntries(
    fields.flatMap(({ name }) => {
      const value = edits[name] ?? '';
      return value === '' ? [] : [[name, value] as const];
    }),
  );
  const isSame =
    present.type === edits.type &&
    fields.every(({ name, isSecret }) =>
      isSecret ? !(name in given) : (given[name] ?? '') === (present[name] ?? ''),
    );
  return isSame ? undefined : { type: edits.type, ...given };
}
