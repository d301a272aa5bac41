import { setTimeout as delay } from 'node:timers/promises';

import {
  type CompiledFilter,
  compileFilter,
  type Delivery,
  deliverySchema,
  type EventFilter,
  FilteredBody,
  recordHeaders,
  Topics,
} from '@skillora/contracts';
import type { DataSource, EntityManager } from 'typeorm';

import type { Author } from '../changes/author.js';
import type { ChangeLog, LoggedAct } from '../changes/change-log.js';
import { allocateRounds } from '../deliveries/requested-rounds.js';
import { writeOutbox } from '../outbox/outbox.js';
import { decideReplay } from './decide-replay.js';
import { reportOfReplay } from './report-of-replay.js';
import { type ReplayableEvent, replayableEvents, type ReplayScope } from './replayable-events.js';

export interface ReplayOptions extends ReplayScope {
  readonly endpointVersion: number;
  /** The filter of the endpoint as it is now; null if it has none. */
  readonly filter: EventFilter | null;
  /** Deliveries a second at most. */
  readonly rate: number;
  readonly includeDelivered: boolean;
  /** Only counts. */
  readonly dryRun: boolean;
}

/** The progress of a replay. */
export interface ReplayFigures {
  readonly events: number;
  /** Deliveries of events for which the endpoint had none. */
  readonly made: number;
  readonly repeated: number;
  readonly skippedOpen: number;
  readonly skippedDelivered: number;
  /** Events that the filter of the endpoint leaves out. */
  readonly skippedFiltered: number;
  /** How many attempts of the created and repeated deliveries have not ended. */
  readonly underWay: number;
}

/** The endpoint does not process what it is sent; the rest is left out. */
export class ReplayStalled extends Error {
  override readonly name = 'ReplayStalled';

  /** @param reached everything that was accepted before this time is done. */
  constructor(readonly reached: Date) {
    super('no attempt has ended for too long');
  }
}

const PAGE = 500;
const LOOK_EVERY_MS = 250;
/**
 * How many seconds' worth of deliveries may be in progress. Requested attempts go first, so more of them
 * would delay others.
 */
const UNDER_WAY_SECONDS = 5;
const MAX_UNDER_WAY = 200;
/** Attempts may take `DELIVERY_TIMEOUT`, at most 10 minutes, and wait for a slot. */
const STALLED_MS = 11 * 60_000;

/**
 * Sends past events to one endpoint again, in order. A failed delivery gets a new round; a missed event gets
 * a delivery whose first round counts as requested by hand. The attempts and their retries are like those of
 * manual retries. Events that the endpoint's filter leaves out now are not sent; those that a former filter left out are. The replay keeps to the given rate, and never has more attempts in progress than the
 * endpoint can answer soon.
 */
export class Replay {
  private readonly figures = {
    events: 0,
    made: 0,
    repeated: 0,
    skippedOpen: 0,
    skippedDelivered: 0,
    skippedFiltered: 0,
  };
  private readonly filter: CompiledFilter | null;
  /** The requested rounds, by delivery, whose first attempt has not ended. */
  private readonly underWay = new Map<string, number>();
  /** The entry of this replay in the log of changes, once something was sent. */
  private logged: LoggedAct | null = null;
  private progressedAt = Date.now();
  private reached: Date;

  /**
   * @param by who replays, for the log of changes.
   * @param bringIntoForce moves the outbox to Kafka; false when Kafka does not accept it.
   */
  constructor(
    private readonly dataSource: DataSource,
    private readonly by: { readonly log: ChangeLog; readonly author: Author },
    private readonly bringIntoForce: () => Promise<boolean>,
    private readonly options: ReplayOptions,
    private readonly onProgress: (figures: ReplayFigures) => void = () => undefined,
  ) {
    this.reached = options.from;
    this.filter = options.filter && compileFilter(options.filter);
  }

  /**
   * Resolves when the first attempt of every delivery has ended.
   * @throws {ReplayStalled} when none ends for 11 minutes.
   */
  async run(): Promise<ReplayFigures> {
    const { rate, dryRun } = this.options;
    const began = performance.now();
    let sent = 0;
    for await (const page of replayableEvents(this.dataSource, this.options, PAGE)) {
      const wanted = page.filter((event) => this.isWanted(event));
      if (dryRun) continue;
      for (let at = 0; at < wanted.length;) {
        const room = await this.room();
        const due = Math.floor(((performance.now() - began) / 1_000) * rate) + 1 - sent;
        const count = Math.min(room, due, wanted.length - at);
        if (count > 0) await this.send(wanted.slice(at, at + count));
        at += Math.max(0, count);
        sent += Math.max(0, count);
        this.onProgress(this.standing());
        if (at < wanted.length) await delay(LOOK_EVERY_MS);
      }
      this.reached = page.at(-1)?.acceptedAt ?? this.reached;
    }
    while (this.underWay.size > 0) {
      await delay(LOOK_EVERY_MS);
      await this.room();
      this.onProgress(this.standing());
    }
    return this.standing();
  }

  private standing(): ReplayFigures {
    return { ...this.figures, underWay: this.underWay.size };
  }

  private isWanted({ known, underWay, body }: ReplayableEvent): boolean {
    this.figures.events += 1;
    const isWanted = this.filter?.matches(new FilteredBody(body)) ?? true;
    const decision = decideReplay(known, underWay, this.options.includeDelivered, isWanted);
    if (decision.kind === 'make') this.figures.made += 1;
    else if (decision.kind === 'repeat') this.figures.repeated += 1;
    else if (decision.because === 'open') this.figures.skippedOpen += 1;
    else if (decision.because === 'filtered') this.figures.skippedFiltered += 1;
    else this.figures.skippedDelivered += 1;
    return decision.kind !== 'skip';
  }

  /** How many more attempts may start; looks up which have ended. @throws {ReplayStalled} */
  private async room(): Promise<number> {
    const ids = [...this.underWay.keys()];
    if (ids.length > 0) {
      const ended = await this.dataSource.query<{ id: string; round: number }[]>(
        `SELECT delivery_id AS id, max(round) AS round FROM attempts WHERE delivery_id = ANY($1::uuid[]) GROUP BY 1
         UNION ALL
         SELECT id, max(result_round) FROM deliveries WHERE id = ANY($1::uuid[]) GROUP BY 1`,
        [ids],
      );
      for (const { id, round } of ended) {
        if (round >= (this.underWay.get(id) ?? Infinity) && this.underWay.delete(id)) {
          this.progressedAt = Date.now();
        }
      }
      if (Date.now() - this.progressedAt > STALLED_MS) throw new ReplayStalled(this.reached);
    }
    const limit = Math.min(MAX_UNDER_WAY, this.options.rate * UNDER_WAY_SECONDS);
    return Math.max(0, limit - this.underWay.size);
  }

  /**
   * Hands the deliveries to the dispatchers, all or none of them. Deliveries that a person has retried since
   * they were read are left out.
   */
  private async send(events: readonly ReplayableEvent[]): Promise<void> {
    const { organizationId, endpointId, endpointVersion } = this.options;
    const at = new Date();
    const now = at.toISOString();
    const logged = await this.dataSource.transaction((manager) =>
      this.withEntry(manager, async () => {
        const rounds = await allocateRounds(
          manager,
          events.map(({ deliveryId, known, askedRound }) => ({
            deliveryId,
            createdAt: known?.createdAt ?? at.getTime(),
            askedRound,
            shownRound: known?.round ?? 0,
          })),
          now,
        );
        const granted = events.filter(({ deliveryId }) => rounds.has(deliveryId));
        const deliveries = granted.map(
          ({ deliveryId, eventId, eventType, body, known, attemptsBefore }): Delivery => ({
            deliveryId,
            eventId,
            endpointId,
            organizationId,
            eventType,
            createdAt: known ? new Date(known.createdAt).toISOString() : now,
            round: rounds.get(deliveryId) ?? 1,
            step: 1,
            trigger: 'manual',
            dueAt: now,
            endpointVersion,
            attemptsBefore,
            body,
          }),
        );
        await writeOutbox(manager, [
          ...deliveries.map((delivery) => ({
            topic: Topics.deliveries,
            key: endpointId,
            headers: recordHeaders(deliverySchema),
            value: deliverySchema.encode(delivery),
          })),
          ...reportOfReplay(organizationId, endpointId, now, granted),
        ]);
        for (const { deliveryId, round } of deliveries) this.underWay.set(deliveryId, round);
        for (const { deliveryId, known } of events) {
          if (rounds.has(deliveryId)) continue;
          this.figures[known ? 'repeated' : 'made'] -= 1;
          this.figures.skippedOpen += 1;
        }
        return granted.length > 0;
      }),
    );
    this.logged ??= logged;
    this.progressedAt = Date.now();
    // What Kafka does not accept now is in the outbox; the replay waits for it as for an endpoint that does
    // not answer.
    await this.bringIntoForce();
  }

  /**
   * The first part that sends something writes the entry of the whole replay, the others go on with it.
   * @param send whether anything was sent.
   */
  private async withEntry(manager: EntityManager, send: () => Promise<boolean>): Promise<LoggedAct | null> {
    const { log, author } = this.by;
    const { logged } = this;
    if (logged) {
      await log.goOn(manager, logged, send);
      return logged;
    }
    const { organizationId, endpointId: id, from, to, rate, includeDelivered, eventTypes } = this.options;
    const deed = { organizationId, action: 'endpoint.replayed', id } as const;
    const after = {
      from: from.toISOString(),
      to: to.toISOString(),
      event_types: eventTypes,
      include_delivered: includeDelivered,
      rate,
    };
    const act = await log.act(manager, author, deed, async () => ({
      result: null,
      shown: (await send()) ? { before: null, after } : null,
    }));
    return act.logged;
  }
}
