/** One event of a stream. */
export interface StreamEvent {
  readonly event: string;
  readonly id: string | null;
  readonly data: string;
}

/**
 * Reads a stream of server-sent events in pieces of any size (HTML standard §9.2.6). `EventSource` would do
 * this, but cannot send a token.
 */
export class EventStreamReader {
  private rest = '';

  /** @returns the events that are complete with this piece. */
  push(piece: string): StreamEvent[] {
    // A carriage return at the end may be half of a line end.
    const text = this.rest + piece;
    const whole = text.endsWith('\r') ? text.slice(0, -1) : text;
    const blocks = whole.replace(/\r\n?/g, '\n').split('\n\n');
    this.rest = (blocks.pop() ?? '') + text.slice(whole.length);
    return blocks.flatMap((block) => readBlock(block) ?? []);
  }
}

function readBlock(block: string): StreamEvent | null {
  let event = 'message';
  let id: string | null = null;
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'event') event = value;
    else if (name === 'id') id = value;
    else if (name === 'data') data.push(value);
  }
  return data.length === 0 ? null : { event, id, data: data.join('\n') };
}
