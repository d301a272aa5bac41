import type { SettingReader } from '@skillora/operability';

import { RefusalException } from './problems.js';

/**
 * Reads the setting PUBLIC_URL, the address under which clients reach the service, without a slash at its
 * end; null when it is not set.
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

/** The parts of a request from which links are built. */
export interface LinkedRequest {
  readonly headers: { readonly host?: string | undefined };
  readonly url: string;
  readonly server: { readonly publicUrl: string | null };
}

declare module 'fastify' {
  interface FastifyInstance {
    /** The public address of the service; null: the address in each request. */
    publicUrl: string | null;
  }
}

/**
 * The base of the service's URLs for its clients: PUBLIC_URL if it is set, since behind a proxy no part of a
 * request is reliable; else the address in the request.
 * @throws {RefusalException} 400 when the request names none.
 */
export function publicBase(request: LinkedRequest): string {
  const { publicUrl } = request.server;
  if (publicUrl !== null) return publicUrl;
  // From the Host header itself: forwarded hosts and protocols are ignored, even from trusted proxies.
  const { host = '' } = request.headers;
  const base = `http://${host}`;
  if (!/^[\w.:[\]-]+$/.test(host) || !URL.canParse(base)) {
    throw new RefusalException(400, 'The Host header is missing or malformed.');
  }
  return base;
}
