import { isIP } from 'node:net';

import { isForbiddenAddress } from './address-problem.js';
import type { EgressPolicy } from './egress-policy.js';
import { isRefusedPort } from './refused-ports.js';

/** The longest accepted URL, characters (Unicode code points). */
export const MAX_URL_LENGTH = 2_048;

/** Spaces as JavaScript knows them, control characters and backslashes, for a class of characters. */
const REFUSED_CHARACTERS =
  '\\u0000-\\u0020\\u007f-\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff\\\\';
/** A host name and port as nearly everybody uses them. */
const USUAL_AUTHORITY = '([A-Za-z0-9]([A-Za-z0-9_-]{0,20}[A-Za-z0-9])?[.])+[A-Za-z]{2,20}(:[1-9][0-9]{0,3})?';
/**
 * A regular expression that every URL matches which {@link parseTargetUrl} accepts. No pattern can say which hosts, ports
 * and rare characters it refuses. The usual host names are in the pattern only for tools that make up texts from it.
 */
export function targetUrlPattern({ withFragment }: { withFragment: boolean }): string {
  const [begin, refused] = withFragment ? ['/?#', REFUSED_CHARACTERS] : ['/?', `${REFUSED_CHARACTERS}#`];
  return `^[Hh][Tt][Tt][Pp][Ss]?://(${USUAL_AUTHORITY}|[^/?#@${REFUSED_CHARACTERS}]{1,512})([${begin}][^${refused}]*)?$`;
}

/** A label of a host name in DNS: letters, digits, hyphens, and the underscore that some zones use. */
const LABEL = /^[a-z0-9_-]{1,63}$/;
const MAX_HOST_LENGTH = 253;
/**
 * The longest host and port that the URL parser is given, in UTF-16 code units: its time grows with the square of a
 * name that is not ASCII.
 */
const MAX_AUTHORITY_LENGTH = 512;

const INVALID_HOST = 'The URL has a host name that is not valid.';

/**
 * Reads the URL of a webhook endpoint, or says in one sentence for the customer why it is not allowed. The
 * host is judged as the WHATWG URL parser returns it: after percent-decoding and Unicode mapping, and with
 * octal, hexadecimal, short and whole-number forms of IPv4 in dotted decimal. This is the address that
 * requests go to. A host name is judged whenever it resolves. A fragment is accepted and never sent, as with
 * any HTTP request.
 */
export function parseTargetUrl(text: string, policy: EgressPolicy): { url: URL } | { problem: string } {
  if (text.length > 2 * MAX_URL_LENGTH || Array.from(text).length > MAX_URL_LENGTH) {
    return { problem: `Ensure this field has no more than ${MAX_URL_LENGTH} characters.` };
  }
  // The URL parser silently drops or rewrites these, so the stored URL would differ from the called one.
  if (/[\s\p{C}\\]/u.test(text)) {
    return { problem: 'The URL must not contain spaces, control characters or backslashes.' };
  }
  const schemeProblem = problemOfScheme(text, policy.allowHttp);
  if (schemeProblem !== null) return { problem: schemeProblem };
  const authority = /^[^:]+:\/\/([^/?#]*)/.exec(text)?.[1] ?? '';
  if (authority.includes('@')) return { problem: 'The URL must not contain a user name or password.' };
  if (authority.length > MAX_AUTHORITY_LENGTH) return { problem: INVALID_HOST };
  if (authority === '' || !URL.canParse(text)) return { problem: 'Enter a valid URL.' };
  const url = new URL(text);
  if (isRefusedPort(url)) {
    return { problem: `The URL must not have port ${url.port}: other protocols than HTTP are spoken there.` };
  }
  const hostProblem = problemOfHost(url.hostname, policy);
  return hostProblem === null ? { url } : { problem: hostProblem };
}

function problemOfScheme(text: string, allowHttp: boolean): string | null {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === 'https' || (scheme === 'http' && allowHttp)) return null;
  if (scheme === undefined) return 'Enter a valid URL.';
  return allowHttp ? 'The URL must start with https:// or http://.' : 'The URL must start with https://.';
}

function problemOfHost(hostname: string, policy: EgressPolicy): string | null {
  const address = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  if (isIP(address) !== 0) {
    return isForbiddenAddress(address, policy)
      ? 'The URL must lead to a public address: this one is private, local or reserved.'
      : null;
  }
  // One trailing dot marks a name as complete and names the same host.
  const name = hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
  if (name.length > MAX_HOST_LENGTH || !name.split('.').every((label) => LABEL.test(label))) {
    return INVALID_HOST;
  }
  if ((name === 'localhost' || name.endsWith('.localhost')) && !loopbackIsAllowed(policy)) {
    return 'The URL must lead to a public address: localhost is not one.';
  }
  return null;
}

function loopbackIsAllowed(policy: EgressPolicy): boolean {
  return !isForbiddenAddress('127.0.0.1', policy) || !isForbiddenAddress('::1', policy);
}
