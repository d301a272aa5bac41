import type { DeliveryErrorCode, DeliveryStatus } from '@skillora/contracts';

import type { AuditedStatus } from './audited-status.js';

/** The position of an attempt in a delivery's life: rounds from 0, steps within a round from 1. */
export interface Rank {
  readonly round: number;
  readonly step: number;
}

/** The rank of a delivery's creation, below every attempt. */
export const CREATION: Rank = { round: 0, step: 0 };

/** The state of a delivery. Times are ms since the epoch. */
export interface DeliveryState {
  readonly status: AuditedStatus;
  readonly nextRetryAt: number | null;
  readonly error: DeliveryErrorCode | null;
  readonly responseStatus: number | null;
  /** When the fact that decided the status happened. */
  readonly updatedAt: number;
  /** When the first successful attempt ended. */
  readonly deliveredAt: number | null;
  /** The rank of the fact that decided the status. */
  readonly reached: Rank;
  /** The highest rank with a result; `error` comes from it, unless it succeeded. {@link CREATION} without a result. */
  readonly lastResult: Rank;
  /** The rank of the attempt that `responseStatus` comes from; {@link CREATION} when there is none. */
  readonly lastAttempt: Rank;
}

/** Somebody asked for a retry, which started a round. */
export interface RetryRequested {
  readonly kind: 'retry-requested';
  readonly round: number;
  /** When it was asked for, ms since the epoch. */
  readonly at: number;
}

/** An attempt ended, or the delivery ended without one. */
export interface ResultReported extends Rank {
  readonly kind: 'result-reported';
  readonly status: Exclude<DeliveryStatus, 'pending'>;
  readonly error: DeliveryErrorCode | null;
  readonly nextRetryAt: number | null;
  /** When this was decided, ms since the epoch. */
  readonly at: number;
  /** Null when the delivery ended without an attempt. */
  readonly attempt: { readonly endedAt: number; readonly responseStatus: number | null } | null;
}

/** The endpoint was deleted. */
export interface EndpointDeleted {
  readonly kind: 'endpoint-deleted';
  readonly at: number;
}

export type DeliveryFact = RetryRequested | ResultReported | EndpointDeleted;

/** What is known of a delivery: its state, and when its endpoint was deleted, if it was. */
export interface KnownDelivery {
  readonly state: DeliveryState;
  readonly endpointDeletedAt: number | null;
}

/** A delivery of which only the creation is known, ms since the epoch. */
export function created(at: number): DeliveryState {
  return {
    status: 'pending',
    nextRetryAt: null,
    error: null,
    responseStatus: null,
    updatedAt: at,
    deliveredAt: null,
    reached: CREATION,
    lastResult: CREATION,
    lastAttempt: CREATION,
  };
}

/** A delivery that was not made, because a filter left the event out. @param at when, ms since the epoch. */
export function filteredOut(at: number): DeliveryState {
  return { ...created(at), status: 'filtered' };
}

/**
 * The state after a fact. The result depends only on the set of facts, because the facts of one delivery are
 * in several topics, which are read in any relative order, and some are read twice.
 *
 * The fact with the highest rank decides the status; a requested retry ranks below the attempts of the round
 * that it starts. Two facts override ranks. A success is final, because the receiver has the event, whatever
 * a concurrent attempt met. And a delivery that is open when its endpoint is deleted has failed. If a
 * repeated attempt leaves two results of one rank in one partition, the first one counts.
 */
export function evolve({ state, endpointDeletedAt }: KnownDelivery, fact: DeliveryFact): KnownDelivery {
  switch (fact.kind) {
    case 'retry-requested':
      return settle(askedFor(state, fact), endpointDeletedAt);
    case 'result-reported':
      return settle(reported(state, fact), endpointDeletedAt);
    case 'endpoint-deleted':
      return settle(state, fact.at);
  }
}

/** True while further automatic attempts may follow. */
export function isOpen({ status }: Pick<DeliveryState, 'status'>): boolean {
  return status === 'pending' || status === 'retrying';
}

function askedFor(state: DeliveryState, { round, at }: RetryRequested): DeliveryState {
  const rank = { round, step: 0 };
  if (state.status === 'success' || compareRanks(rank, state.reached) <= 0) return state;
  return { ...state, status: 'retrying', nextRetryAt: at, updatedAt: at, reached: rank };
}

function reported(state: DeliveryState, result: ResultReported): DeliveryState {
  if (result.status === 'success') return succeeded(state, result);
  const rank: Rank = { round: result.round, step: result.step };
  // Of a round that somebody asked for after the success, the log must show that it has ended.
  if (state.status === 'success') return withResult(state, rank);
  let next = state;
  if (result.attempt !== null && compareRanks(rank, next.lastAttempt) > 0) {
    next = { ...next, responseStatus: result.attempt.responseStatus, lastAttempt: rank };
  }
  if (compareRanks(rank, next.lastResult) > 0) {
    next = { ...next, error: endedWhileWaiting(next) ? next.error : result.error, lastResult: rank };
  }
  if (compareRanks(rank, next.reached) > 0) {
    const { status, error, nextRetryAt, at: updatedAt } = result;
    next = { ...next, status, error, nextRetryAt, updatedAt, reached: rank };
  }
  return next;
}

/**
 * Of several successes the earliest counts; if they ended in the same millisecond, the one of the lower rank.
 */
function succeeded(state: DeliveryState, result: ResultReported): DeliveryState {
  const rank: Rank = { round: result.round, step: result.step };
  const deliveredAt = result.attempt?.endedAt ?? result.at;
  if (state.status === 'success' && state.deliveredAt !== null) {
    const later = deliveredAt - state.deliveredAt || compareRanks(rank, state.reached);
    if (later >= 0) return withResult(state, rank);
  }
  return {
    status: 'success',
    nextRetryAt: null,
    error: null,
    responseStatus: result.attempt?.responseStatus ?? null,
    updatedAt: result.at,
    deliveredAt,
    reached: rank,
    lastResult: withResult(state, rank).lastResult,
    lastAttempt: rank,
  };
}

/** The same state, with a result of the rank. */
function withResult(state: DeliveryState, rank: Rank): DeliveryState {
  return compareRanks(rank, state.lastResult) > 0 ? { ...state, lastResult: rank } : state;
}

function settle(state: DeliveryState, endpointDeletedAt: number | null): KnownDelivery {
  if (endpointDeletedAt === null || !isOpen(state)) return { state, endpointDeletedAt };
  return {
    state: {
      ...state,
      status: 'failed',
      error: 'endpoint_deleted',
      nextRetryAt: null,
      updatedAt: Math.max(state.updatedAt, endpointDeletedAt),
    },
    endpointDeletedAt,
  };
}

/**
 * True when the deletion of the endpoint ended a delivery that waited for an attempt: a result always has
 * step 1 or more.
 */
function endedWhileWaiting({ status, reached }: DeliveryState): boolean {
  return status === 'failed' && reached.step === 0;
}

function compareRanks(a: Rank, b: Rank): number {
  return a.round - b.round || a.step - b.step;
}
