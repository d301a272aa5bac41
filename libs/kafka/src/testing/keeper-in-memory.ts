import { setTimeout as delay } from 'node:timers/promises';

import { OffsetWindow, type WindowCommit } from '../consumer/offset-window.js';
import type { KeptUnit, UnitKeeper, UnitSurroundings } from '../consumer/unit-keeper.js';
import type { OutgoingRecord } from '../records/outgoing-record.js';

/** What a ledger would hold of units, for all instances of a test. */
export class LedgerInMemory {
  /** The positions of each unit, by topic. */
  readonly positions = new Map<number, Map<string, WindowCommit>>();
  /** The texts that were written. */
  readonly written: string[] = [];
  /** What happened to units, in order. */
  readonly log: string[] = [];
  /** The last owner of each unit. */
  private readonly owners = new Map<number, object>();

  /** The keeper of one instance. @param keeps the topics in units. */
  keeper(name: string, keeps: UnitKeeper['keeps'] = () => true): UnitKeeper {
    return {
      keeps,
      open: async (unit, topics, surroundings) => {
        const owner = {};
        this.owners.set(unit, owner);
        this.log.push(`${name} opens ${unit}`);
        const known = this.positions.get(unit) ?? new Map<string, WindowCommit>();
        const committed = topics.every((topic) => known.has(topic)) ? known : await surroundings.committed();
        const positionOf = (topic: string): WindowCommit => {
          const offset = surroundings.madeAnew.get(topic);
          return offset === undefined
            ? (known.get(topic) ?? committed.get(topic)!)
            : { offset, metadata: '' };
        };
        const windows = new Map(topics.map((topic) => [topic, new OffsetWindow(positionOf(topic))]));
        return this.unit(name, unit, windows, surroundings, () => this.owners.get(unit) === owner);
      },
    };
  }

  private unit(
    name: string,
    unit: number,
    windows: ReadonlyMap<string, OffsetWindow>,
    surroundings: UnitSurroundings,
    isOwner: () => boolean,
  ): KeptUnit {
    let isGivenUp = false;
    let waiting: { topic: string; offset: bigint; records: readonly OutgoingRecord[] }[] = [];
    const write = (): void => {
      if (isGivenUp || waiting.length === 0) return;
      if (!isOwner()) {
        surroundings.lost();
        return;
      }
      for (const { topic, offset, records } of waiting) {
        windows.get(topic)?.done(offset);
        this.written.push(...records.map(({ value }) => String(value)));
      }
      waiting = [];
      const commits = [...windows].map(([topic, window]) => [topic, window.commit()] as const);
      this.positions.set(unit, new Map(commits));
      surroundings.wrote();
    };
    const timer = setInterval(write, 20);
    return {
      failingSince: null,
      window: (topic) => windows.get(topic)!,
      done: (topic, offset, records) => void waiting.push({ topic, offset, records }),
      flush: async () => {
        while (waiting.length > 0 && !isGivenUp) await delay(5);
      },
      giveUp: () => {
        if (!isGivenUp) this.log.push(`${name} gives ${unit} up`);
        isGivenUp = true;
        clearInterval(timer);
        return Promise.resolve();
      },
    };
  }
}
