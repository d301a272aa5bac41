import { isUtf8 } from 'node:buffer';

/** The longest address that is shown in full, in characters. */
const MAX_LENGTH = 200;
/**
 * How many bytes of a `Location` are read; of a longer one only the beginning is shown anyway. The URL parser's time
 * grows with the square of a host that is not ASCII.
 */
const MAX_READ_BYTES = 2_048;

/**
 * The target of a redirect: scheme, host and path of its `Location`, resolved against the posted URL (RFC
 * 9110, 10.2.2). Credentials, query and fragment are left out, because they may be secret. The text is
 * printable ASCII, cut after {@link MAX_LENGTH} characters. It is null when the header is not an http or
 * https address. Of several headers the first counts.
 * @param location each character is a byte, as headers are read; bytes that are valid UTF-8 are decoded, as
 * browsers do.
 */
export function redirectTarget(location: string | string[] | undefined, url: string): string | null {
  const [reference] = [location].flat();
  if (reference === undefined) return null;
  const target = URL.parse(utf8Text(reference.slice(0, MAX_READ_BYTES)), url);
  if (target === null || !/^https?:$/.test(target.protocol)) return null;
  const text = target.origin + target.pathname;
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH)}…`;
}

/** The text whose UTF-8 bytes the characters are; the text itself when they are not UTF-8. */
function utf8Text(text: string): string {
  const bytes = Buffer.from(text, 'latin1');
  return isUtf8(bytes) && bytes.toString('latin1') === text ? bytes.toString('utf8') : text;
}
