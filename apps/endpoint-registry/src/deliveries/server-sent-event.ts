/** One event of a stream as the HTML standard writes it (§9.2.6); JSON has no line ends of its own. */
export function serverSentEvent({
  event,
  id,
  data,
}: {
  readonly event: string;
  readonly id: string;
  readonly data: object;
}): string {
  return `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
}
