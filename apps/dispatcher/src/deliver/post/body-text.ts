/** How much of an answer's body is kept, in bytes. */
export const KEPT_BODY_BYTES = 4_096;

/**
 * The kept bytes of an answer's body as text for the log, whatever they are: what is not UTF-8 becomes U+FFFD, and so
 * does NUL, which PostgreSQL cannot hold. A character cut apart by the limit is left out.
 */
export function bodyText(kept: Buffer, isCut: boolean): string {
  return new TextDecoder('utf-8').decode(kept, { stream: isCut }).replaceAll('\0', '\uFFFD');
}
