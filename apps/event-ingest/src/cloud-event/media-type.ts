/** A media type without its parameters, in lower case; empty for none. */
export function essenceOf(mediaType: string): string {
  return (mediaType.split(';', 1)[0] ?? '').trim().toLowerCase();
}

/** `application/json`, any other type's `json`, and any subtype that ends in `+json` (RFC 6839, §3.1). */
const JSON_ESSENCE = /^[\w!#$&^.-]+\/(?:[\w!#$&^.+-]+\+)?json$/;

/**
 * Whether a media type means that the data is JSON. Parameters are ignored: JSON is UTF-8 whatever `charset`
 * says (RFC 8259, §8.1 and §11).
 */
export function isJsonMediaType(mediaType: string): boolean {
  return JSON_ESSENCE.test(essenceOf(mediaType));
}

/**
 * Whether a media type means that the content is a whole event (CloudEvents HTTP binding, §3; Kafka binding,
 * §3).
 */
export function isStructuredMediaType(mediaType: string): boolean {
  return mediaType.trimStart().toLowerCase().startsWith('application/cloudevents');
}
