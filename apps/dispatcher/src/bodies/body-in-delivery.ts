import type { CanonicalEvent, Delivery } from '@skillora/contracts';

/**
 * The largest body that each delivery of an event holds, UTF-8, bytes. A record that names its event takes some 700
 * bytes, and costs each dispatcher one reading of the event.
 */
export const LARGEST_COPIED_BYTES = 16 * 1_024;

/**
 * What deliveries of an event have as their body: the body, or the place of their event.
 * @param largestCopied larger bodies are named; Infinity copies all.
 */
export function bodyInDelivery(
  { body }: Pick<CanonicalEvent, 'body'>,
  place: { readonly partition: number; readonly offset: bigint },
  largestCopied: number,
): Delivery['body'] {
  // UTF-8 takes one to three bytes for each UTF-16 unit.
  if (body.length * 3 <= largestCopied) return body;
  const bytes = Buffer.byteLength(body);
  return bytes <= largestCopied ? body : { partition: place.partition, offset: String(place.offset), bytes };
}
