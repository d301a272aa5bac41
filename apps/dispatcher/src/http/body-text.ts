/** How many bytes of an answer's body are stored. */
export const KEPT_BODY_BYTES = 4_096;

/**
 * The stored bytes of an answer's body as text for the delivery log. Bytes that are not UTF-8 become U+FFFD,
 * and so does NUL, which PostgreSQL cannot hold. A character that the limit cuts apart is left out.
 */
export function bodyText(kept: Buffer, isCut: boolean): string {
  return new TextDecoder('utf-8').decode(kept, { stream: isCut }).replaceAll('\0', '\uFFFD');
}
