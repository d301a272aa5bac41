import type { BatchTransportOptions } from './batch-transport-options.js';
import type { OffsetWindow } from './offset-window.js';

/** How much of a partition may be in progress. */
export interface WindowLimits {
  /** Records. */
  readonly records: number;
  /** The size of their values, bytes. */
  readonly bytes: number;
}

const MAX_IN_FLIGHT = 1_000;
const MAX_IN_FLIGHT_BYTES = 8 * 1_024 * 1_024;

/** The limits of a transport. Null with completion by batch: batches are handed over one after the other. */
export function windowLimits({
  completion,
  maxInFlightPerPartition: records = MAX_IN_FLIGHT,
  maxInFlightBytesPerPartition: bytes = MAX_IN_FLIGHT_BYTES,
}: Pick<
  BatchTransportOptions,
  'completion' | 'maxInFlightPerPartition' | 'maxInFlightBytesPerPartition'
>): WindowLimits | null {
  return completion === 'batch' ? null : { records, bytes };
}

/**
 * Decides whether a partition is full. It becomes full at a limit, or when its processed records no longer fit
 * into the metadata of a commit. It stays full until half of the limits is processed, so that it is not paused
 * and resumed for each record.
 * @param wasFull the former answer.
 */
export function isFull(
  wasFull: boolean,
  window: Pick<OffsetWindow, 'inFlight' | 'inFlightBytes' | 'fits'>,
  { records, bytes }: WindowLimits,
): boolean {
  if (!window.fits()) return true;
  const { inFlight, inFlightBytes } = window;
  return wasFull
    ? inFlight > records / 2 || inFlightBytes > bytes / 2
    : inFlight >= records || inFlightBytes >= bytes;
}
