/**
 * Characters that draw nothing or change the order of others (Unicode UAX #9, RFC 5198): controls except tab and
 * line feed, the marks of direction, invisible spaces, and halves of surrogate pairs.
 */
const UNSEEN =
  // eslint-disable-next-line no-control-regex -- these are the characters that it makes visible
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;

/**
 * A text that somebody else wrote, so that it cannot pretend to be another: what would not be seen is written as
 * its code, for example `\u202e`.
 */
export function visibleText(text: string): string {
  return text.replace(UNSEEN, (unseen) => `\\u${unseen.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
