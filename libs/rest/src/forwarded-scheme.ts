/** What PUBLIC_URL is for, in the words of a log line. */
const REMEDY =
  'links to further pages (next, previous) begin with the wrong address. Set PUBLIC_URL to the address under which clients reach the API';

/**
 * What is wrong with the links of the API when a proxy says how clients reach it; null when nothing is. What the proxy says
 * is not taken for the links, since anybody may say it: it is worth a line in the log and no more.
 * @param forwardedProto the header X-Forwarded-Proto, of which the first word is the client's.
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

/** What is to be said at the start, when settings tell of a proxy and not of the address before it; null when nothing is. */
export function startProblem(publicUrl: string | null, trustedProxies: readonly string[]): string | null {
  return publicUrl === null && trustedProxies.length > 0
    ? `TRUSTED_PROXIES names a proxy, but PUBLIC_URL is not set: if that proxy terminates TLS or changes the host, ${REMEDY}`
    : null;
}
