import type { CanonicalEvent, TraceContext } from '@skillora/contracts';

import type { OrganizationRule, UncheckedEvent } from '../cloud-event/cloud-event.js';
import { originTrace } from '../cloud-event/origin-trace.js';
import { toCanonicalEvent } from './canonical-event.js';

/** An accepted event, and the trace context that its producer wrote into it. */
export interface TracedEvent {
  readonly event: CanonicalEvent;
  readonly origin: TraceContext;
}

/** @throws {UnacceptableException} as {@link toCanonicalEvent}. */
export function acceptEvent(
  unchecked: UncheckedEvent,
  organization: OrganizationRule,
  acceptedAt: Date,
): TracedEvent {
  return { event: toCanonicalEvent(unchecked, organization, acceptedAt), origin: originTrace(unchecked) };
}
