import type { Writing } from './everything-written.js';

/**
 * The forms in which a text can occur in bytes: as it is, and as base64 or hexadecimal, which hide nothing.
 */
function formsOf(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  const forms = [text, bytes.toString('base64').replaceAll('=', ''), bytes.toString('hex')];
  const base64 = /^whsec_([A-Za-z0-9+/]+=*)$/.exec(text)?.[1];
  // The HMAC key is the decoded base64 of a generated secret.
  const key = base64 === undefined ? [] : [Buffer.from(base64, 'base64')];
  return [
    ...forms.map((form) => Buffer.from(form)),
    ...key.flatMap((raw) => [raw, Buffer.from(raw.toString('base64')), Buffer.from(raw.toString('hex'))]),
  ];
}

/** Searches everything that was written. @returns the places of each named text, each place once. */
export async function tracesOf(
  texts: Readonly<Record<string, string>>,
  written: AsyncIterable<Writing> | Iterable<Writing>,
): Promise<string[]> {
  const sought = Object.entries(texts).map(([name, text]) => ({ name, forms: formsOf(text) }));
  const traces = new Set<string>();
  for await (const { place, bytes } of written) {
    for (const { name, forms } of sought) {
      if (forms.some((form) => bytes.includes(form))) traces.add(`${name} in ${place}`);
    }
  }
  return [...traces].sort();
}
