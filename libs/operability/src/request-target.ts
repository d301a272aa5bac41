/**
 * A request target as path and query. Clients that believe to speak to a proxy send the absolute form, which every server
 * must take (RFC 9112 §3.2.2); whom it names is not looked at.
 */
export function originForm(target: string): string {
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  return path.startsWith('/') ? path : `/${path}`;
}
