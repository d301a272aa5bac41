import type { CanonicalEvent, TraceContext } from '@skillora/contracts';

import type { OrganizationRule, UncheckedEvent } from '../cloud-event/cloud-event.js';
import { originTrace } from '../cloud-event/origin-trace.js';
import { toCanonicalEvent } from './canonical-event.js';

/** An event that was accepted, and the trace that its producer says it came about in. */
export interface AcceptedEvent {
  readonly event: CanonicalEvent;
  readonly origin: TraceContext;
}

/** @throws {Unacceptable} as {@link toCanonicalEvent}. */
export function acceptEvent(
  unchecked: UncheckedEvent,
  organization: OrganizationRule,
  acceptedAt: Date,
): AcceptedEvent {
  return { event: toCanonicalEvent(unchecked, organization, acceptedAt), origin: originTrace(unchecked) };
}
