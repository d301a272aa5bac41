import { createHmac, timingSafeEqual } from 'node:crypto';

/** A position in a list that is ordered by time and id, and the reading direction. */
export interface Cursor {
  readonly direction: 'next' | 'previous';
  /** ms since the epoch. */
  readonly time: number;
  readonly id: string;
}

const TAG_BYTES = 12;

/**
 * The name of a list for its cursors. It includes the organisation, so that cursors are not valid for other
 * organisations.
 */
export function listOf(organizationId: string, place: string): string {
  return `${organizationId}/${place}`;
}

/**
 * Encodes cursors for clients. They are opaque, and signed together with the name of the list, so an altered
 * cursor or one of another list is recognised.
 */
export class CursorCodec {
  /**
   * @param keys the first one signs and all of them verify, so a key can be replaced while clients hold
   * cursors.
   */
  constructor(private readonly keys: readonly [string, ...string[]]) {}

  encode(list: string, { direction, time, id }: Cursor): string {
    const content = `${direction === 'next' ? 'n' : 'p'}.${time.toString(36)}.${id}`;
    return Buffer.concat([tag(this.keys[0], list, content), Buffer.from(content)]).toString('base64url');
  }

  /** @returns null for anything that {@link encode} did not create for this list. */
  decode(list: string, text: string): Cursor | null {
    const bytes = Buffer.from(text, 'base64url');
    // Other encodings of the same bytes are refused.
    if (bytes.length <= TAG_BYTES || bytes.toString('base64url') !== text) return null;
    const content = bytes.toString('utf8', TAG_BYTES);
    const given = bytes.subarray(0, TAG_BYTES);
    if (!this.keys.some((key) => timingSafeEqual(given, tag(key, list, content)))) return null;
    const [direction, time, id] = content.split('.');
    if (time === undefined || id === undefined) return null;
    return { direction: direction === 'n' ? 'next' : 'previous', time: parseInt(time, 36), id };
  }
}

function tag(key: string, list: string, content: string): Buffer {
  return createHmac('sha256', key).update(`${list}\n${content}`).digest().subarray(0, TAG_BYTES);
}
