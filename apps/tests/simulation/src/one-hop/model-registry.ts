import { type EndpointState, Topics } from '@skillora/contracts';

import type { EndpointChange } from '../endpoint-view.js';
import type { ModelKafka } from '../model-kafka.js';
import type { Random } from '../random.js';
import { LOOK } from '../records.js';
import type { VirtualClock } from '../virtual-clock.js';
import type { RelayParts } from './one-hop-parts.js';

/** A change of an endpoint on its way. Times are ms since the epoch; null: not yet. */
export interface EndpointVersion {
  readonly state: EndpointState | null;
  /** When it was in Kafka first. */
  writtenAt: number | null;
  /** When whoever made it was told that it counts. */
  answeredAt: number | null;
}

/** What the registry needs of its world. */
export interface RegistrySurroundings {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly kafka: ModelKafka;
  readonly units: number;
  brokerAwayMs(): number;
  tell(line: string): void;
}

interface Row {
  readonly change: EndpointChange;
  readonly version: EndpointVersion;
}

const POLL_MS = 1_000;

/**
 * The registry with its outbox: some instances, one of which moves the rows at a time. A change is answered when its
 * row is gone, whoever moved it. Before rows are deleted, a look is written to each partition of the events. An instance
 * may die between any two steps.
 */
export class ModelRegistry {
  private rows: Row[] = [];
  private isLocked = false;

  /**
   * @param lateMs how long a broker may take for a write, ms.
   * @param deaths how often an instance dies in a pass.
   */
  constructor(
    private readonly world: RegistrySurroundings,
    private readonly parts: RelayParts,
    private readonly lateMs: number,
    private readonly deaths: number,
  ) {}

  /**
   * Stores a change; its version says later when it is in Kafka, and when it is answered.
   * @param onAnswer called when whoever made it has the answer.
   */
  change(id: string, state: EndpointState | null, onAnswer: () => void): EndpointVersion {
    const version: EndpointVersion = { state, writtenAt: null, answeredAt: null };
    const row: Row = { change: { id, state }, version };
    this.rows.push(row);
    void this.answer(row).then((isAnswered) => {
      if (isAnswered) onAnswer();
    });
    return version;
  }

  /** @returns false when the instance that was asked dies. */
  private async answer(row: Row): Promise<boolean> {
    const { clock, random } = this.world;
    await clock.sleep(random.between(0, 3));
    while (this.rows.includes(row)) {
      // Another instance may be moving the row.
      if (this.isLocked) await clock.sleep(5);
      else if (!(await this.pass())) {
        void this.moveLater(row);
        return false;
      }
    }
    row.version.answeredAt = clock.now;
    const { id, state } = row.change;
    this.world.tell(`endpoint ${id}: ${state ? `version ${state.version}` : 'deletion'} is answered`);
    return true;
  }

  /** The timer of another instance moves what is left. */
  private async moveLater(row: Row): Promise<void> {
    while (this.rows.includes(row)) {
      await this.world.clock.sleep(POLL_MS);
      if (!this.isLocked) await this.pass();
    }
  }

  /** Moves the rows that are there. @returns false when the instance dies in it. */
  private async pass(): Promise<boolean> {
    this.isLocked = true;
    const moving = [...this.rows];
    const { kafka, clock, units } = this.world;
    for (const { change, version } of moving) {
      await this.broker();
      kafka.write([{ topic: Topics.endpoints, partition: 0, value: change }]);
      version.writtenAt ??= clock.now;
    }
    if (this.dies()) return this.end(false);
    const looks = async (): Promise<void> => {
      for (let unit = 0; unit < units; unit += 1) {
        await this.broker();
        kafka.write([{ topic: Topics.events, partition: unit, value: LOOK }]);
      }
    };
    if (this.parts.looks === 'before') await looks();
    if (this.dies()) return this.end(false);
    this.rows = this.rows.filter((row) => !moving.includes(row));
    if (this.parts.looks === 'after') void clock.sleep(5).then(looks);
    return this.end(true);
  }

  private end(isAlive: boolean): boolean {
    this.isLocked = false;
    return isAlive;
  }

  private dies(): boolean {
    return this.world.random.chance(this.deaths);
  }

  private async broker(): Promise<void> {
    const { clock, random } = this.world;
    await clock.sleep(random.between(0, this.lateMs));
    for (let away = this.world.brokerAwayMs(); away > 0; away = this.world.brokerAwayMs()) {
      await clock.sleep(away + random.between(1, 100));
    }
  }
}
