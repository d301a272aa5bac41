import type { BatchTransportOptions } from './batch-transport-options.js';
import type { OffsetWindow } from './offset-window.js';

/** How much of a partition may be in progress. */
export interface WindowLimits {
  /** Records. */
  readonly records: number;
  /** The size of their values, bytes. */
  readonly bytes: number;
  /** Whether what is processed above the watermark must fit into the metadata of a commit. Default: yes. */
  readonly mustFitCommit?: boolean;
}

const MAX_IN_FLIGHT = 1_000;
const MAX_IN_FLIGHT_BYTES = 8 * 1_024 * 1_024;

/**
 * The limits of a partition of a topic. Null with completion by batch: batches are handed over one after the other.
 */
export function windowLimits(
  {
    completion,
    maxInFlightPerPartition = MAX_IN_FLIGHT,
    maxInFlightBytesPerPartition = MAX_IN_FLIGHT_BYTES,
    inFlightOf,
    keeper,
  }: Pick<
    BatchTransportOptions,
    'completion' | 'maxInFlightPerPartition' | 'maxInFlightBytesPerPartition' | 'inFlightOf' | 'keeper'
  >,
  topic: string,
): WindowLimits | null {
  if (completion === 'batch') return null;
  const ofAll = { records: maxInFlightPerPartition, bytes: maxInFlightBytesPerPartition };
  return { ...ofAll, ...inFlightOf?.(topic), mustFitCommit: !(keeper?.keeps(topic) ?? false) };
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
  { records, bytes, mustFitCommit = true }: WindowLimits,
): boolean {
  if (mustFitCommit && !window.fits()) return true;
  const { inFlight, inFlightBytes } = window;
  return wasFull
    ? inFlight > records / 2 || inFlightBytes > bytes / 2
    : inFlight >= records || inFlightBytes >= bytes;
}
