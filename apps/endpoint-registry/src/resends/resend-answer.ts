/** What becomes of a request to send an event again. */
export interface EventResendAnswer {
  readonly status: 'success';
  readonly message: string;
  /** The deliveries that are being sent, with their endpoints. */
  readonly deliveries: readonly { readonly id: string; readonly endpoint_id: string }[];
  /** The endpoints that do not get the event, and why. */
  readonly skipped: readonly { readonly endpoint_id: string; readonly detail: string }[];
}

/** The answer when something is sent. */
export function resendAnswer(
  deliveries: EventResendAnswer['deliveries'],
  skipped: EventResendAnswer['skipped'],
): EventResendAnswer {
  const count = deliveries.length;
  return {
    status: 'success',
    message: `The event is being sent again to ${count} endpoint${count === 1 ? '' : 's'}`,
    deliveries,
    skipped,
  };
}

/** The refusal when nothing is sent, with the reason of the first endpoint. */
export function nothingSent(skipped: EventResendAnswer['skipped']): string {
  const [first] = skipped;
  if (!first) return 'No active endpoint is subscribed to the type of this event. Name one in endpoint_ids.';
  if (skipped.length === 1) return first.detail;
  return `None of ${skipped.length} endpoints can get this event now. The first, ${first.endpoint_id}: ${first.detail}`;
}
