/** What PUBLIC_URL is for, as part of a log line. */
const REMEDY =
  'links to further pages (next, previous) begin with the wrong address. Set PUBLIC_URL to the address under which clients reach the API';

/**
 * What is wrong with the API's links, judged by what a proxy says about its clients; null when nothing is.
 * The proxy's header is not used for the links, since anybody may send it: it only leads to a log line.
 * @param forwardedProto the header X-Forwarded-Proto; its first word is the client's scheme.
 */
export function linkProblem(publicUrl: string | null, forwardedProto: string | undefined): string | null {
  const [scheme = ''] = (forwardedProto ?? '').split(',', 1);
  const claimed = scheme.trim().toLowerCase();
  if (claimed !== 'http' && claimed !== 'https') return null;
  if (publicUrl === null) {
    return claimed === 'https'
      ? `a proxy says that clients use https, but PUBLIC_URL is not set: ${REMEDY}`
      : null;
  }
  return publicUrl.startsWith(`${claimed}://`)
    ? null
    : `a proxy says that clients use ${claimed}, but PUBLIC_URL says otherwise: ${REMEDY}`;
}

/**
 * The warning for the start, when the settings name a proxy but not the public address; null when there is
 * none.
 */
export function startProblem(publicUrl: string | null, trustedProxies: readonly string[]): string | null {
  return publicUrl === null && trustedProxies.length > 0
    ? `TRUSTED_PROXIES names a proxy, but PUBLIC_URL is not set: if that proxy terminates TLS or changes the host, ${REMEDY}`
    : null;
}
