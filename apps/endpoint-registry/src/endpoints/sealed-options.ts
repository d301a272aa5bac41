import {
  type AuthenticationField,
  changedHeaders,
  type HeadersChange,
  headersProblem,
  isSameHeader,
  type SealedAuthentication,
  type SealedHeader,
} from '@skillora/contracts';
import { InvalidFieldsException } from '@skillora/rest';
import {
  credentialContext,
  type CredentialField,
  headerContext,
  type SecretBox,
  sealedBytes,
} from '@skillora/signing';

import { FIELDS_OF_TYPE, type GivenAuthentication, refusedAuthentication } from './given-authentication.js';

/** The extra headers and the authentication of an endpoint, as they are stored. */
export interface SealedOptions {
  readonly headers: readonly SealedHeader[];
  readonly authentication: SealedAuthentication | null;
}

/** What a request asks for; what is absent stays. */
export interface GivenOptions {
  readonly headers?: HeadersChange;
  readonly authentication?: GivenAuthentication;
}

/** An endpoint without extra headers and authentication. */
export const NO_OPTIONS: SealedOptions = { headers: [], authentication: null };

/**
 * The options of an endpoint after a change. A secret that is given again as it was keeps its sealed text, so that the log
 * of changes shows no difference.
 * @throws {InvalidFieldsException} when they are too many or too long together, do not fit together, or a secret that is
 * left out cannot be kept.
 */
export function changedOptions(
  box: SecretBox,
  endpointId: string,
  present: SealedOptions,
  { headers: change, authentication: given }: GivenOptions,
): SealedOptions {
  const seal = (value: string, context: string, before: string | undefined): string =>
    before !== undefined && opensTo(box, before, context, value) ? before : box.seal(value, context);
  const headers = change
    ? sealedHeaders(present.headers, change, (name, value, before) =>
        seal(value, headerContext(endpointId, name), before),
      )
    : present.headers;
  const authentication = given
    ? sealedAuthentication(present.authentication, given, (field, value, before) =>
        seal(value, credentialContext(endpointId, field), before),
      )
    : present.authentication;
  demandOneAuthorization(headers, authentication, change ? 'headers' : 'authentication');
  return { headers, authentication };
}

function sealedHeaders(
  present: readonly SealedHeader[],
  change: HeadersChange,
  seal: (name: string, value: string, before: string | undefined) => string,
): readonly SealedHeader[] {
  const headers = changedHeaders(present, {
    ...change,
    set: change.set.map(({ name, value }) => ({
      name,
      sealedValue: seal(name, value, present.find((each) => isSameHeader(each.name, name))?.sealedValue),
    })),
  });
  const bytes = headers.reduce(
    (sum, { name, sealedValue }) => sum + name.length + sealedBytes(sealedValue),
    0,
  );
  const problem = headersProblem(headers.length, bytes);
  if (problem !== null) throw new InvalidFieldsException({ headers: [problem] });
  return headers;
}

function sealedAuthentication(
  present: SealedAuthentication | null,
  given: GivenAuthentication,
  seal: (field: CredentialField, value: string, before: string | undefined) => string,
): SealedAuthentication | null {
  const { type, shown, secret } = given;
  if (type === 'none') return null;
  if (secret === null) return kept(present, given, FIELDS_OF_TYPE[type].secret);
  const { username = '', token_url: tokenUrl = '', client_id: clientId = '', scope, audience } = shown;
  switch (type) {
    case 'bearer':
      return {
        type,
        sealedToken: seal('sealedToken', secret, present?.type === type ? present.sealedToken : undefined),
      };
    case 'basic': {
      const before = present?.type === type ? present.sealedPassword : undefined;
      return { type, username, sealedPassword: seal('sealedPassword', secret, before) };
    }
    case 'oauth2_client_credentials': {
      const before = present?.type === type ? present.sealedClientSecret : undefined;
      return {
        ...{ type, tokenUrl, clientId },
        sealedClientSecret: seal('sealedClientSecret', secret, before),
        ...(scope === undefined ? {} : { scope }),
        ...(audience === undefined ? {} : { audience }),
      };
    }
  }
}

/**
 * A secret can be left out only if nothing else changes, so that what was read can be sent back. Otherwise somebody who
 * cannot read it could have it sent to a token endpoint of their own.
 */
function kept(
  present: SealedAuthentication | null,
  given: GivenAuthentication,
  secretField: AuthenticationField,
): SealedAuthentication {
  const before = presentAuthentication(present);
  const isSame =
    before.type === given.type &&
    Object.keys({ ...before, ...given.shown }).every(
      (field) =>
        field === 'type' ||
        before[field as AuthenticationField] === given.shown[field as AuthenticationField],
    );
  if (present && isSame) return present;
  throw refusedAuthentication([
    `${secretField}: This field is required. It can be left out only if nothing else of authentication changes.`,
  ]);
}

/** Both would set the same header. @param field which of the two the request is about. */
function demandOneAuthorization(
  headers: readonly SealedHeader[],
  authentication: SealedAuthentication | null,
  field: 'headers' | 'authentication',
): void {
  if (!authentication || !headers.some(({ name }) => isSameHeader(name, 'authorization'))) return;
  throw new InvalidFieldsException({
    [field]: [
      'Authorization: This header cannot be set beside authentication, which sets it too. Remove the header, or set authentication to {"type": "none"}.',
    ],
  });
}

function opensTo(box: SecretBox, sealed: string, context: string, value: string): boolean {
  try {
    return box.open(sealed, context) === value;
  } catch {
    // Its key was taken out of SECRETS_KEY, or its name is spelled in another way now.
    return false;
  }
}

/** The authentication of an endpoint as its customer sees it: without secrets. */
export function presentAuthentication(
  authentication: SealedAuthentication | null,
): { readonly type: string } & Readonly<Partial<Record<AuthenticationField, string>>> {
  switch (authentication?.type) {
    case undefined:
      return { type: 'none' };
    case 'bearer':
      return { type: 'bearer' };
    case 'basic':
      return { type: 'basic', username: authentication.username };
    case 'oauth2_client_credentials': {
      const { type, tokenUrl, clientId, scope, audience } = authentication;
      return {
        type,
        token_url: tokenUrl,
        client_id: clientId,
        ...(scope === undefined ? {} : { scope }),
        ...(audience === undefined ? {} : { audience }),
      };
    }
  }
}

/** The same options, with everything sealed with the newest key. @throws {SealedSecretError} if one cannot be opened. */
export function resealedOptions(box: SecretBox, endpointId: string, options: SealedOptions): SealedOptions {
  const anew = (sealed: string, context: string): string =>
    box.isCurrent(sealed) ? sealed : box.seal(box.open(sealed, context), context);
  const { headers, authentication } = options;
  return {
    headers: headers.map(({ name, sealedValue }) => ({
      name,
      sealedValue: anew(sealedValue, headerContext(endpointId, name)),
    })),
    authentication: resealedAuthentication(authentication, (field, sealed) =>
      anew(sealed, credentialContext(endpointId, field)),
    ),
  };
}

function resealedAuthentication(
  authentication: SealedAuthentication | null,
  anew: (field: CredentialField, sealed: string) => string,
): SealedAuthentication | null {
  switch (authentication?.type) {
    case undefined:
      return null;
    case 'bearer':
      return { ...authentication, sealedToken: anew('sealedToken', authentication.sealedToken) };
    case 'basic':
      return { ...authentication, sealedPassword: anew('sealedPassword', authentication.sealedPassword) };
    case 'oauth2_client_credentials':
      return {
        ...authentication,
        sealedClientSecret: anew('sealedClientSecret', authentication.sealedClientSecret),
      };
  }
}

/** Everything that is sealed in the options. */
export function sealedTexts({ headers, authentication }: SealedOptions): readonly string[] {
  return [
    ...headers.map(({ sealedValue }) => sealedValue),
    ...Object.entries(authentication ?? {}).flatMap(([name, value]: [string, unknown]) =>
      name.startsWith('sealed') && typeof value === 'string' ? [value] : [],
    ),
  ];
}
