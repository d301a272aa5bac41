import type { EndpointState, SealedClientCredentials } from '@skillora/contracts';
import { credentialContext, headerContext, type SecretBox } from '@skillora/signing';

/** What a token is asked for with. */
export interface ClientCredentials {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string | undefined;
  readonly audience: string | undefined;
}

/** What the requests to an endpoint carry beside our own headers, decrypted. */
export interface RequestOptions {
  /** Headers by name, `Authorization` among them if it is always the same. */
  readonly headers: Readonly<Record<string, string>>;
  /** The names of the headers that a request carries beside ours, `Authorization` of any authentication among them. */
  readonly headerNames: readonly string[];
  /** Null unless a token must be asked for. */
  readonly clientCredentials: ClientCredentials | null;
  /** Texts that nothing may repeat which is kept of an answer. */
  readonly secrets: readonly string[];
}

/** The options of an endpoint that asks for none. */
export const NO_OPTIONS: RequestOptions = {
  headers: {},
  headerNames: [],
  clientCredentials: null,
  secrets: [],
};

/**
 * Decrypts the extra headers and the credentials of endpoints, once for each version of an endpoint. An endpoint without
 * them costs nothing.
 */
export class EndpointOptions {
  private readonly opened = new WeakMap<EndpointState, RequestOptions>();

  constructor(private readonly box: SecretBox) {}

  /** @throws when `SECRETS_KEY` lacks the key that one of them was encrypted with. */
  of(endpoint: EndpointState): RequestOptions {
    if (endpoint.headers === undefined && endpoint.authentication === undefined) return NO_OPTIONS;
    let opened = this.opened.get(endpoint);
    if (opened === undefined) {
      opened = openOptions(this.box, endpoint);
      this.opened.set(endpoint, opened);
    }
    return opened;
  }
}

function openOptions(box: SecretBox, { id, headers = [], authentication }: EndpointState): RequestOptions {
  const extra = headers.map(
    ({ name, sealedValue }) => [name, box.open(sealedValue, headerContext(id, name))] as const,
  );
  const values = extra.map(([, value]) => value);
  const withHeaders = (authorization: string | null, secrets: readonly string[]): RequestOptions => ({
    headers: Object.fromEntries([
      ...extra,
      ...(authorization === null ? [] : [[AUTHORIZATION, authorization] as const]),
    ]),
    headerNames: [...extra.map(([name]) => name), ...(authentication ? [AUTHORIZATION] : [])],
    clientCredentials: null,
    secrets: [...values, ...secrets],
  });
  switch (authentication?.type) {
    case undefined:
      return withHeaders(null, []);
    case 'bearer': {
      const token = box.open(authentication.sealedToken, credentialContext(id, 'sealedToken'));
      return withHeaders(`Bearer ${token}`, [token]);
    }
    case 'basic': {
      const password = box.open(authentication.sealedPassword, credentialContext(id, 'sealedPassword'));
      const encoded = basicCredentials(authentication.username, password);
      return withHeaders(`Basic ${encoded}`, [encoded, password]);
    }
    case 'oauth2_client_credentials':
      return withClientCredentials(withHeaders(null, []), authentication, box, id);
  }
}

function withClientCredentials(
  options: RequestOptions,
  { tokenUrl, clientId, sealedClientSecret, scope, audience }: SealedClientCredentials,
  box: SecretBox,
  id: string,
): RequestOptions {
  const clientSecret = box.open(sealedClientSecret, credentialContext(id, 'sealedClientSecret'));
  return {
    ...options,
    clientCredentials: { tokenUrl, clientId, clientSecret, scope, audience },
    secrets: [...options.secrets, clientSecret],
  };
}

export const AUTHORIZATION = 'Authorization';

/** The credentials of the scheme Basic (RFC 7617), in UTF-8. */
export function basicCredentials(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`, 'utf8').toString('base64');
}
