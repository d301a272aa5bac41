import type { SettingReader } from '@skillora/operability';

import { Refusal } from './problems.js';

/**
 * Reads the setting PUBLIC_URL, the address under which clients reach the service, without the slash at its end; null
 * when there is none.
 */
export const publicUrl: SettingReader<string | null> = (value) => {
  if (value === 'none') return null;
  const url = URL.canParse(value) ? new URL(value) : null;
  const plain =
    url !== null && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (!plain || !/^https?:$/.test(url.protocol)) {
    throw new Error(
      'must be an http or https URL such as https://api.example.com, without query or credentials',
    );
  }
  return url.href.replace(/(?<!\/)\/+$/, '');
};

/** What of a request links are made of. */
export interface LinkedRequest {
  readonly headers: { readonly host?: string | undefined };
  readonly url: string;
  readonly server: { readonly publicUrl: string | null };
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Where clients reach the service; null: wherever they say they do. */
    publicUrl: string | null;
  }
}

/**
 * The address to which a service's paths are added for its clients: PUBLIC_URL where it is set, since behind a proxy
 * nothing in a request can be trusted to tell; else the one the request names.
 * @throws {Refusal} 400 when that is none.
 */
export function publicBase(request: LinkedRequest): string {
  const { publicUrl } = request.server;
  if (publicUrl !== null) return publicUrl;
  // Of the header itself: what a proxy says of hosts and protocols is not read, trusted or not.
  const { host = '' } = request.headers;
  const base = `http://${host}`;
  if (!/^[\w.:[\]-]+$/.test(host) || !URL.canParse(base)) {
    throw new Refusal(400, 'The Host header is missing or malformed.');
  }
  return base;
}
