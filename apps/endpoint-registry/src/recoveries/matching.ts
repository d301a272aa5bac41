import { MAX_ROUNDS } from '../deliveries/decide-retry.js';
import type { AuditedStatus } from '../projection/audited-status.js';
import type { Recovered } from './recovery.js';

/** What the audit knows of an event's delivery to the endpoint. */
export interface KnownDelivery {
  readonly status: AuditedStatus;
  /** The highest round that was asked for or is in the log. */
  readonly rounds: number;
}

/** What the fan-out reported of an event. `made`: a delivery to the endpoint, or that its filter left the event out. `other`: deliveries to others at most. */
export type FanOut = 'made' | 'other' | 'unreported';

/** An event that a recovery may send. */
export interface Candidate {
  /** When it was accepted, ms since the epoch. */
  readonly eventAt: number;
  /** Null when the audit shows no delivery of it to the endpoint. */
  readonly known: KnownDelivery | null;
  readonly fanOut: FanOut;
  /** The endpoint subscribes to its type now. */
  readonly subscribed: boolean;
  /** Its filter, as it is now, lets the event through; true without a filter. */
  readonly passesFilter: boolean;
}

/** What a recovery asks for, as far as it concerns an event. */
export interface Wanted {
  readonly what: Recovered;
  /** Also events from before the endpoint's creation. */
  readonly includeBeforeCreation: boolean;
  /** Ms since the epoch. */
  readonly endpointCreatedAt: number;
}

/** `wait`: it is not known yet whether the event matches. */
export type Match = 'match' | 'leave' | 'wait';

/**
 * Decides whether a recovery sends an event.
 * @param isFannedOut whether the fan-out must have processed an event that it has not reported; `eventAt` as above.
 */
export function matchOf(
  { eventAt, known, fanOut, subscribed, passesFilter }: Candidate,
  { what, includeBeforeCreation, endpointCreatedAt }: Wanted,
  isFannedOut: (eventAt: number) => boolean,
): Match {
  // What a former filter left out is no longer wanted if the present one leaves it out too.
  if (known?.status === 'filtered' && !(subscribed && passesFilter)) return 'leave';
  if (known !== null) return isSentAgain(known, what) ? 'match' : 'leave';
  if (what === 'failed' || !subscribed || !passesFilter) return 'leave';
  if (eventAt < endpointCreatedAt && !includeBeforeCreation) return 'leave';
  // A delivery that was made and is not in the audit yet is open.
  if (fanOut === 'made') return 'leave';
  return fanOut === 'other' || isFannedOut(eventAt) ? 'match' : 'wait';
}

/** What happens with a delivery that matched, when its turn comes. */
export type Turn = 'make' | 'repeat' | 'skip';

/**
 * Decides about a delivery that matched when it was counted, because much may have happened since.
 * @param known null when the audit still shows no such delivery.
 * @param underWay whether an attempt that somebody asked for has not ended.
 */
export function turnOf(known: KnownDelivery | null, underWay: boolean, what: Recovered): Turn {
  if (underWay) return 'skip';
  if (known === null) return what === 'failed' ? 'skip' : 'make';
  return isSentAgain(known, what) ? 'repeat' : 'skip';
}

function isSentAgain({ status, rounds }: KnownDelivery, what: Recovered): boolean {
  if (rounds >= MAX_ROUNDS || what === 'missed') return false;
  if (status === 'filtered') return what === 'undelivered' || what === 'all';
  return status === 'failed' || (status === 'success' && what === 'all');
}
