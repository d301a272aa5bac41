import { isUtf8 } from 'node:buffer';

/** The longest address that is shown whole, in characters. */
const MAX_LENGTH = 200;

/**
 * Where a redirect leads: scheme, host and path of its `Location`, resolved against the URL that was posted
 * to (RFC 9110, 10.2.2). Credentials, query and fragment are left out, for they may be secret. The text is
 * printable ASCII, cut after {@link MAX_LENGTH} characters. Null where the header names no address of the
 * web. Of several headers the first counts.
 *
 * @param location each character a byte, as headers are read; bytes that are UTF-8 are taken for it, as browsers do.
 */
export function redirectTarget(location: string | string[] | undefined, url: string): string | null {
  const [reference] = [location].flat();
  const target = reference === undefined ? null : URL.parse(utf8Text(reference), url);
  if (target === null || !/^https?:$/.test(target.protocol)) return null;
  const text = target.origin + target.pathname;
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH)}…`;
}

/** The text whose UTF-8 stands there, a byte a character; the text itself where that is none. */
function utf8Text(text: string): string {
  const bytes = Buffer.from(text, 'latin1');
  return isUtf8(bytes) && bytes.toString('latin1') === text ? bytes.toString('utf8') : text;
}
