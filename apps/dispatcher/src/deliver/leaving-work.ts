import type { EndpointState } from '@skillora/contracts';

import type { DeliveryBody } from '../bodies/event-bodies.js';
import type { DeliverPorts } from './deliver-ports.js';
import type { DeliveryWork } from './delivery-work.js';

/** What {@link LeavingWork} needs of the engine. */
export interface LeavingSurroundings<R> {
  isHeld(work: DeliveryWork<R>): boolean;
  /** Lets time pass. @returns the waiting work that leaves the memory, in order: see `EndpointQueues.tick`. */
  surplus(): readonly DeliveryWork<R>[];
  /** Moves work to the slow lane, before all that is there of its endpoints. */
  giveBack(works: readonly DeliveryWork<R>[]): void;
}

/** What an attempt needs to know first. */
export interface NeededForAttempt {
  /** Undefined when it is deleted. */
  readonly endpoint: EndpointState | undefined;
  /** Null when the event is gone. */
  readonly body: DeliveryBody | null;
}

/** An endpoint of which some work is looked up. */
interface LookedUp<R> {
  lookups: number;
  /** The next turn. Work that has begun got one before the work behind it. */
  next: number;
  /** Resolves when the lookup of the work before has ended; null for the first. */
  before: Promise<undefined> | null;
  /** The work that leaves when the last lookup has ended. */
  readonly leaving: { readonly turn: number; readonly work: DeliveryWork<R> }[];
}

function nothingYet<R>(): LookedUp<R> {
  return { lookups: 0, next: 0, before: null, leaving: [] };
}

/**
 * Keeps the order of work that leaves the memory because its endpoint is held. Some of it may have begun when the
 * hold becomes known, while its endpoint is looked up. What comes behind it leaves together with it.
 */
export class LeavingWork<R> {
  private readonly endpoints = new Map<string, LookedUp<R>>();

  constructor(
    private readonly ports: Pick<DeliverPorts<R>, 'endpoints' | 'bodyOf' | 'isStale'>,
    private readonly surroundings: LeavingSurroundings<R>,
  ) {}

  /** Lets time pass: the backlog of endpoints that do not keep up, or are held, leaves. */
  tick(): void {
    this.leave(this.surroundings.surplus());
  }

  /**
   * What the attempt of work needs that has begun. Attempts of an endpoint go on in the order in which they began, also
   * if the body of a later one is there at once.
   * @returns `held` when the endpoint is held: then the work leaves.
   */
  async lookUp(work: DeliveryWork<R>): Promise<NeededForAttempt | 'held'> {
    const { endpointId, endpointVersion } = work.delivery;
    const lookedUp = this.lookedUpOf(work);
    const turn = (lookedUp.next += 1);
    lookedUp.lookups += 1;
    const { before } = lookedUp;
    const { promise, resolve: ended } = Promise.withResolvers<undefined>();
    lookedUp.before = promise;
    try {
      const endpoint = await this.ports.endpoints.find(endpointId, endpointVersion);
      // A delivery to a deleted endpoint ends without its body.
      const given = endpoint ? (work.body ?? this.ports.bodyOf(work.delivery)) : null;
      const body = given instanceof Promise ? await given : given;
      if (before) await before;
      if (!endpoint || this.ports.isStale(work.record) || !this.surroundings.isHeld(work))
        return { endpoint, body };
      lookedUp.leaving.push({ turn, work });
      return 'held';
    } finally {
      ended(undefined);
      lookedUp.lookups -= 1;
      if (lookedUp.lookups === 0) this.end(work.endpointId, lookedUp);
    }
  }

  private lookedUpOf({ endpointId }: DeliveryWork<R>): LookedUp<R> {
    let lookedUp = this.endpoints.get(endpointId);
    if (!lookedUp) this.endpoints.set(endpointId, (lookedUp = nothingYet()));
    return lookedUp;
  }

  /** The last lookup of an endpoint has ended. What waits there leaves too, or it would be behind the others. */
  private end(endpointId: string, { leaving }: LookedUp<R>): void {
    this.endpoints.delete(endpointId);
    if (leaving.length === 0) return;
    const inOrder = leaving.toSorted((a, b) => a.turn - b.turn).map(({ work }) => work);
    const surplus = this.surroundings.surplus();
    const behind = surplus.filter((work) => work.endpointId === endpointId);
    this.surroundings.giveBack([...inOrder, ...behind]);
    this.leave(surplus.filter((work) => work.endpointId !== endpointId));
  }

  private leave(works: readonly DeliveryWork<R>[]): void {
    const now = works.filter((work) => {
      const lookedUp = this.endpoints.get(work.endpointId);
      if (!lookedUp || !this.surroundings.isHeld(work)) return true;
      lookedUp.leaving.push({ turn: (lookedUp.next += 1), work });
      return false;
    });
    this.surroundings.giveBack(now);
  }
}
