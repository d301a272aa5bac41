/**
 * A request target as path and query. Clients that believe they talk to a proxy send the absolute form, which
 * every server must accept (RFC 9112 §3.2.2); its host is ignored.
 */
export function originForm(target: string): string {
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  return path.startsWith('/') ? path : `/${path}`;
}
