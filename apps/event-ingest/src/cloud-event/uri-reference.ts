import { isIPv6 } from 'node:net';

/**
 * Splits any text into the five parts of RFC 3986, appendix B. Each part takes what the one before it cannot
 * hold.
 */
// eslint-disable-next-line regexp/no-super-linear-backtracking -- it matches every text, so it never tries a second way
const PARTS = /^(?:([^:/?#]+):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;

const SCHEME = /^[A-Za-z][A-Za-z\d+.-]*$/;
const USER_AND_NAME = /^(?:[\w.~!$&'()*+,;=:-]|%[\dA-Fa-f]{2})*$/;
const NAME = /^(?:[\w.~!$&'()*+,;=-]|%[\dA-Fa-f]{2})*$/;
const PATH = /^(?:[\w.~!$&'()*+,;=:@/-]|%[\dA-Fa-f]{2})*$/;
const QUERY_OR_FRAGMENT = /^(?:[\w.~!$&'()*+,;=:@/?-]|%[\dA-Fa-f]{2})*$/;
const FUTURE_ADDRESS = /^[vV][\dA-Fa-f]+\.[\w.~!$&'()*+,;=:-]+$/;
const PORT = /^\d*$/;

/**
 * Whether a text is a URI-reference (RFC 3986, §4.1): a URI, or a relative reference. It contains no
 * characters outside ASCII, no spaces and no `%` that begins no escape. The time is proportional to the
 * length of the text.
 */
export function isUriReference(text: string): boolean {
  const [, scheme, authority, path = '', query = '', fragment = ''] = PARTS.exec(text) ?? [];
  if (scheme !== undefined && !SCHEME.test(scheme)) return false;
  if (authority !== undefined && !isAuthority(authority)) return false;
  // A first segment with a colon would be read as a scheme (§4.2).
  const isRelativePath = scheme === undefined && authority === undefined;
  if (isRelativePath && path.split('/', 1)[0]?.includes(':')) return false;
  return PATH.test(path) && QUERY_OR_FRAGMENT.test(query) && QUERY_OR_FRAGMENT.test(fragment);
}

/** User, host and port (§3.2). */
function isAuthority(authority: string): boolean {
  const at = authority.lastIndexOf('@');
  if (at >= 0 && !USER_AND_NAME.test(authority.slice(0, at))) return false;
  const place = authority.slice(at + 1);
  if (place.startsWith('[')) {
    const end = place.indexOf(']');
    const [address, rest] = [place.slice(1, end), place.slice(end + 1)];
    if (end < 0 || !(isAddress(address) || FUTURE_ADDRESS.test(address))) return false;
    return rest === '' || (rest.startsWith(':') && PORT.test(rest.slice(1)));
  }
  const colon = place.indexOf(':');
  const [host, port] = colon < 0 ? [place, ''] : [place.slice(0, colon), place.slice(colon + 1)];
  return NAME.test(host) && PORT.test(port);
}

/** An IPv6 address; a zone is not allowed in a URI (§3.2.2). */
function isAddress(text: string): boolean {
  return isIPv6(text) && !text.includes('%');
}
