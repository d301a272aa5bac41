import { createHmac, timingSafeEqual } from 'node:crypto';

/** A place in a list that is ordered by time and id, and the direction to read on from it. */
export interface Cursor {
  readonly direction: 'next' | 'previous';
  /** ms since the epoch. */
  readonly time: number;
  readonly id: string;
}

const TAG_BYTES = 12;

/** A list's name for its cursors: an organisation's list, so that its cursors are no other's. */
export function listOf(organizationId: string, place: string): string {
  return `${organizationId}/${place}`;
}

/**
 * Cursors as clients carry them: opaque, and signed together with the name of the list, so that one that was altered
 * or belongs to another list is recognised.
 */
export class CursorCodec {
  /** @param keys The first signs, all of them are recognised, so that a key can be replaced while cursors are about. */
  constructor(private readonly keys: readonly [string, ...string[]]) {}

  encode(list: string, { direction, time, id }: Cursor): string {
    const content = `${direction === 'next' ? 'n' : 'p'}.${time.toString(36)}.${id}`;
    return Buffer.concat([tag(this.keys[0], list, content), Buffer.from(content)]).toString('base64url');
  }

  /** @returns null for anything that {@link encode} did not make for this list. */
  decode(list: string, text: string): Cursor | null {
    const bytes = Buffer.from(text, 'base64url');
    // Other spellings of the same bytes are not ours.
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
