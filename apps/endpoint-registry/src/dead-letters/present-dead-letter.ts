import type { RawHeader } from '@skillora/kafka';

import { type DeadLetter, placeText } from './dead-letter.js';
import { namedEvent } from './named-event.js';

/** Bytes as JSON can hold them: text if they are UTF-8, otherwise base64. */
export type PresentedBytes =
  | { readonly encoding: 'utf-8'; readonly text: string }
  | { readonly encoding: 'base64'; readonly text: string }
  | null;

/** A dead letter in a list. */
export interface PresentedLetter {
  readonly letter: string;
  readonly refused_at: string;
  readonly reason: string | null;
  readonly detail: string | null;
  readonly organization_id: string | null;
  readonly source: string | null;
  readonly source_id: string | null;
  readonly event_id: string | null;
  /** Where the refused record was: topic/partition/offset. */
  readonly origin: string | null;
  readonly produced_at: string | null;
  readonly left_out: string | null;
}

/** What lists show. */
export function presentLetter(letter: DeadLetter): PresentedLetter {
  const { refusal, refusedAt } = letter;
  const { organizationId, source, sourceId, eventId } = namedEvent(letter);
  return {
    letter: placeText(letter),
    refused_at: new Date(refusedAt).toISOString(),
    reason: refusal?.reason ?? null,
    detail: refusal?.detail ?? null,
    organization_id: organizationId,
    source,
    source_id: sourceId,
    event_id: eventId,
    origin: refusal && `${refusal.topic}/${refusal.partition}/${refusal.offset}`,
    produced_at: refusal?.timestamp ?? null,
    left_out: refusal?.leftOut ?? null,
  };
}

/** The whole letter, with key, headers and value of the refused record. */
export function presentWholeLetter(letter: DeadLetter): PresentedLetter & {
  readonly key: PresentedBytes;
  readonly headers: readonly { readonly name: PresentedBytes; readonly value: PresentedBytes }[];
  readonly value: PresentedBytes;
} {
  return {
    ...presentLetter(letter),
    key: presentBytes(letter.key),
    headers: letter.headers.map(({ name, value }: RawHeader) => ({
      name: presentBytes(name),
      value: presentBytes(value),
    })),
    value: presentBytes(letter.value),
  };
}

function presentBytes(bytes: Buffer | null): PresentedBytes {
  if (bytes === null) return null;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { encoding: 'utf-8', text };
  } catch {
    return { encoding: 'base64', text: bytes.toString('base64') };
  }
}

/**
 * Text from outside as a terminal may show it: characters that control a terminal, or turn the direction of
 * text, become escapes.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
}
