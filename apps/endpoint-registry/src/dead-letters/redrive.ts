import { setTimeout as delay } from 'node:timers/promises';

import { isRecordFault, type OutgoingRecord } from '@skillora/kafka';
import { withinTime } from '@skillora/operability';

import { type DeadLetter, type Place, placeText } from './dead-letter.js';
import { decideRedrive, type LeftAlone } from './decide-redrive.js';
import { type NamedEvent, namedEvent } from './named-event.js';
import { redrivenRecord } from './redriven-record.js';
import { isSelected, type Selection } from './selection.js';
import { SendingPace } from './sending-pace.js';

/** An event that the audit may have. */
export interface EventOfOrganization {
  readonly organizationId: string;
  readonly eventId: string;
}

/** What a redrive reads from and writes to. */
export interface RedrivePorts {
  readonly letters: AsyncIterable<readonly DeadLetter[]>;
  /** The ids of those events that the audit has. */
  accepted(events: readonly EventOfOrganization[]): Promise<ReadonlySet<string>>;
  /** Writes the entry of this redrive into the log of an organisation, once, if the organisation exists. */
  enter(organizationId: string): Promise<void>;
  send(records: readonly OutgoingRecord[]): Promise<void>;
}

export interface RedriveOptions {
  readonly selection: Selection;
  /** Records a second at most. */
  readonly rate: number;
  /** Only counts. */
  readonly dryRun: boolean;
  /** Ends the redrive behind the records that are being sent. */
  readonly stop: AbortSignal;
}

/** The progress of a redrive. */
export interface RedriveFigures {
  /** Dead letters that were meant. */
  readonly matched: number;
  readonly redriven: number;
  readonly leftAlone: Readonly<Partial<Record<LeftAlone, number>>>;
  /** The last letter that is done, `partition/offset`; null if none is. */
  readonly reached: string | null;
}

/** The redrive ended before the last letter. */
export class RedriveStopped extends Error {
  override readonly name = 'RedriveStopped';

  /** @param cause null if somebody stopped it. */
  constructor(
    readonly figures: RedriveFigures,
    override readonly cause: unknown,
  ) {
    super('the redrive ended before the last letter');
  }
}

/** How many letters are looked up in the audit at a time, and sent at most. */
const SLICE = 50;
/** How long Kafka may take to accept records, ms. */
const SEND_LIMIT_MS = 60_000;

/** Writes dead letters of the public topic to it again, in the order in which they are read. */
export class Redrive {
  private readonly pace: SendingPace;
  private readonly leftAlone: Partial<Record<LeftAlone, number>> = {};
  private matched = 0;
  private redriven = 0;
  private done: Place | null = null;

  constructor(
    private readonly ports: RedrivePorts,
    private readonly options: RedriveOptions,
    private readonly onProgress: (figures: RedriveFigures) => void = () => undefined,
  ) {
    this.pace = new SendingPace(options.rate);
  }

  /** @throws {RedriveStopped} when it is stopped, or when Kafka or PostgreSQL fails. */
  async run(): Promise<RedriveFigures> {
    try {
      for await (const part of this.ports.letters) {
        const selected = part.filter((letter) => isSelected(letter, this.options.selection));
        for (let at = 0; at < selected.length; at += SLICE) await this.handle(selected.slice(at, at + SLICE));
        this.demandGoingOn();
      }
      return this.figures();
    } catch (error) {
      throw new RedriveStopped(this.figures(), error === STOPPED ? null : error);
    }
  }

  private figures(): RedriveFigures {
    const { matched, redriven, leftAlone, done } = this;
    return { matched, redriven, leftAlone: { ...leftAlone }, reached: done && placeText(done) };
  }

  private async handle(selected: readonly DeadLetter[]): Promise<void> {
    const letters = selected.map((letter): ReadLetter => ({ letter, event: namedEvent(letter) }));
    const accepted = await this.ports.accepted(
      letters.flatMap(({ event }) => (isKnowable(event) ? event : [])),
    );
    let group: ReadLetter[] = [];
    for (const each of letters) {
      const { letter, event } = each;
      const because = decideRedrive(letter, event.eventId !== null && accepted.has(event.eventId));
      if (because !== null || this.options.dryRun) {
        await this.send(group);
        group = [];
        this.count(letter, because);
        continue;
      }
      const wait = this.pace.take(performance.now());
      if (wait > 0) {
        await this.send(group);
        group = [];
        this.demandGoingOn();
        await delay(wait, undefined, { signal: this.options.stop }).catch(() => this.demandGoingOn());
      }
      group.push(each);
    }
    await this.send(group);
  }

  /** @throws {@link STOPPED} */
  private demandGoingOn(): void {
    if (this.options.stop.aborted) throw STOPPED;
  }

  /** The entry comes first: nothing is sent without one. */
  private async send(group: readonly ReadLetter[]): Promise<void> {
    if (group.length === 0) return;
    this.demandGoingOn();
    for (const { event } of group) {
      if (event.organizationId !== null) await this.ports.enter(event.organizationId);
    }
    const letters = group.map(({ letter }) => letter);
    const now = new Date();
    try {
      await this.write(letters.map((letter) => redrivenRecord(letter, now)));
      for (const letter of letters) this.count(letter, null);
    } catch (error) {
      if (!isRecordFault(error)) throw error;
      // One of them is too large with the headers that it gets. All of them again does no harm: an event is
      // delivered once.
      for (const letter of letters) await this.sendAlone(letter, now);
    }
  }

  private async sendAlone(letter: DeadLetter, now: Date): Promise<void> {
    try {
      await this.write([redrivenRecord(letter, now)]);
      this.count(letter, null);
    } catch (error) {
      if (!isRecordFault(error)) throw error;
      this.count(letter, 'too_large');
    }
  }

  private async write(records: readonly OutgoingRecord[]): Promise<void> {
    if ((await withinTime(this.ports.send(records), SEND_LIMIT_MS)) === 'late') {
      throw new Error('Kafka does not accept records; the last ones may be written or not');
    }
  }

  private count(letter: DeadLetter, because: LeftAlone | null): void {
    this.matched += 1;
    if (because === null) this.redriven += 1;
    else this.leftAlone[because] = (this.leftAlone[because] ?? 0) + 1;
    this.done = letter;
    this.onProgress(this.figures());
  }
}

/** Thrown within a redrive that somebody stopped. */
const STOPPED = new Error('stopped');

interface ReadLetter {
  readonly letter: DeadLetter;
  readonly event: NamedEvent;
}

function isKnowable(event: NamedEvent): event is NamedEvent & EventOfOrganization {
  return event.organizationId !== null && event.eventId !== null;
}
