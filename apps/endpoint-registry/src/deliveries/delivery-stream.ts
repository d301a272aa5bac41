import { Readable } from 'node:stream';

import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import type { ApiTokenState } from '@skillora/contracts';
import { Closing } from '@skillora/operability';
import {
  InvalidFieldsException,
  throttled,
  TOKEN_DIRECTORY,
  type TokenDirectory,
  unavailable,
} from '@skillora/rest';

import { ConcurrencyLimit } from '../limits/concurrency-limit.js';
import { type Change, DeliveryChanges } from './delivery-changes.js';
import { presentDelivery } from './present-delivery.js';
import { serverSentEvent } from './server-sent-event.js';

const MAX_STREAMS = 500;
const MAX_STREAMS_OF_ORGANIZATION = 25;
/**
 * How many unread bytes a reader may have; then its stream ends, and it can come back with the id of its last
 * event.
 */
const MAX_BEHIND_BYTES = 1_048_576;
/**
 * How many unread bytes the readers of an organisation may have together; then the reader with the most is
 * dropped.
 */
const MAX_BEHIND_BYTES_OF_ORGANIZATION = 4_194_304;
/** Proxies end connections that are silent for a while. At the same interval the token is checked again. */
const HEARTBEAT_MS = 5_000;
/** How far back a returning reader gets the changes that it missed. */
const RESUMABLE_MS = 600_000;

/** Streams of the changes of an organisation's deliveries, as server-sent events. */
@Injectable()
export class DeliveryStreams implements BeforeApplicationShutdown {
  /** By organisation; an organisation without streams has no entry. */
  private readonly open = new Map<string, Set<Readable>>();
  /** By organisation: returning readers get what they missed one after the other. */
  private readonly catchingUp = new Map<string, ConcurrencyLimit>();
  private ending = false;

  constructor(
    private readonly changes: DeliveryChanges,
    @Inject(TOKEN_DIRECTORY) private readonly tokens: TokenDirectory,
    closing: Closing,
  ) {
    closing.onLastCall(() => this.endAll());
  }

  /**
   * Opens a stream. It sends a `delivery` event with the new state after each change, and `reset` when there
   * were too many changes to send. The stream ends when its reader leaves or is too slow, when the token is
   * no longer valid, and at shutdown.
   * @param lastEventId the id of the last event that the reader has read; the stream continues from there.
   * @param left aborted when the reader has left, even while the stream is being opened.
   * @throws {RefusalException} 429 or 503 when too many streams are open.
   * @throws {InvalidFieldsException} for an id that is not from such a stream.
   */
  async start(token: ApiTokenState, lastEventId: string | undefined, left: AbortSignal): Promise<Readable> {
    const { organizationId } = token;
    if (this.ending) throw unavailable('This instance of the service is ending. Try again shortly.', 1);
    this.demandRoom(organizationId);
    const from = lastEventId === undefined ? null : readEventId(lastEventId);
    const stream = new Readable({ read: () => undefined });
    const own = this.open.get(organizationId) ?? new Set();
    this.open.set(organizationId, own.add(stream));
    if (left.aborted) stream.destroy();
    else left.addEventListener('abort', () => stream.destroy(), { once: true });
    let position = 0;
    const write = (text: string): void => {
      if (stream.destroyed || stream.readableEnded) return;
      if (stream.readableLength > MAX_BEHIND_BYTES) this.end(stream);
      else stream.push(text);
      this.letGoOfTheSlowest(own);
    };
    const tell = (changes: readonly Change[]): void => {
      for (const { at, delivery } of changes) {
        position = Math.max(position, at);
        write(
          serverSentEvent({
            event: 'delivery',
            id: String(at),
            data: presentDelivery(delivery, token.scopes),
          }),
        );
      }
    };
    const reset = (): void => write(serverSentEvent({ event: 'reset', id: String(position), data: {} }));

    const unfollow = this.changes.follow({ organizationId, changed: tell, missed: reset });
    const heartbeat = setInterval(() => {
      void this.stillCounts(token).then(
        (counts) => (counts ? write(': heartbeat\n\n') : this.end(stream)),
        // The database is down: the token is checked again when it is back.
        () => write(': heartbeat\n\n'),
      );
    }, HEARTBEAT_MS);
    stream.once('close', () => {
      clearInterval(heartbeat);
      unfollow();
      own.delete(stream);
      if (own.size === 0 && this.open.get(organizationId) === own) this.open.delete(organizationId);
    });
    try {
      position = await this.changes.now();
      write(`retry: 2000\n${serverSentEvent({ event: 'ready', id: String(position), data: {} })}`);
      if (from !== null) {
        const missed =
          position - from > RESUMABLE_MS ? null : await this.missedSince(organizationId, from, stream);
        if (missed) tell(missed);
        else reset();
      }
    } catch (error) {
      stream.destroy();
      throw error;
    }
    return stream;
  }

  beforeApplicationShutdown(): void {
    this.endAll();
  }

  private endAll(): void {
    this.ending = true;
    for (const own of this.open.values()) for (const stream of own) this.end(stream);
  }

  private demandRoom(organizationId: string): void {
    const own = this.open.get(organizationId)?.size ?? 0;
    if (own >= MAX_STREAMS_OF_ORGANIZATION) {
      throw throttled(`An organisation may have ${MAX_STREAMS_OF_ORGANIZATION} streams open.`, 30_000);
    }
    const all = [...this.open.values()].reduce((sum, { size }) => sum + size, 0);
    if (all >= MAX_STREAMS) throw unavailable('Too many streams are open at the moment.', 30);
  }

  /** The changes that a returning reader missed; nothing for a reader that left while it waited. */
  private async missedSince(
    organizationId: string,
    from: number,
    stream: Readable,
  ): Promise<Change[] | null> {
    const turn = this.catchingUp.get(organizationId) ?? new ConcurrencyLimit(1);
    this.catchingUp.set(organizationId, turn);
    try {
      return await turn.run(() =>
        stream.destroyed ? Promise.resolve([]) : this.changes.since(organizationId, from),
      );
    } finally {
      if (turn.isIdle) this.catchingUp.delete(organizationId);
    }
  }

  /** A destroyed stream releases its buffer. */
  private letGoOfTheSlowest(streams: ReadonlySet<Readable>): void {
    let behind = 0;
    let slowest: Readable | null = null;
    for (const each of streams) {
      if (each.destroyed) continue;
      behind += each.readableLength;
      if (slowest === null || each.readableLength > slowest.readableLength) slowest = each;
    }
    if (behind > MAX_BEHIND_BYTES_OF_ORGANIZATION) slowest?.destroy();
  }

  private async stillCounts({ hash, expiresAt }: ApiTokenState): Promise<boolean> {
    if (expiresAt !== null && Date.parse(expiresAt) <= Date.now()) return false;
    return (await this.tokens.find(hash)) !== null;
  }

  private end(stream: Readable): void {
    if (!stream.readableEnded && !stream.destroyed) stream.push(null);
    // A reader that does not read does not notice the end of the stream either.
    if (stream.readableLength > MAX_BEHIND_BYTES) stream.destroy();
  }
}

function readEventId(text: string): number {
  if (!/^\d{1,15}$/.test(text))
    throw new InvalidFieldsException({ 'Last-Event-ID': ['Not an id of this stream.'] });
  return Number(text);
}
