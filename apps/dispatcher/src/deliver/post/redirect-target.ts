/** The longest address that is shown whole, in characters. */
const MAX_LENGTH = 200;

/**
 * Where a redirect leads: scheme, host and path of its `Location`, resolved against the URL that was posted
 * to (RFC 9110, 10.2.2). Credentials, query and fragment are left out, for they may be secret. The text is
 * printable ASCII, cut after {@link MAX_LENGTH} characters. Null where the header names no address of the
 * web. Of several headers the first counts.
 */
export function redirectTarget(location: string | string[] | undefined, url: string): string | null {
  const [reference] = [location].flat();
  const target = reference === undefined ? null : URL.parse(reference, url);
  if (target === null || !/^https?:$/.test(target.protocol)) return null;
  const text = target.origin + target.pathname;
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH)}…`;
}
