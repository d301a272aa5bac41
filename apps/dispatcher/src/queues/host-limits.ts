/** The concurrency slots that one attempt holds until it ends. */
export interface HostSlots {
  readonly keys: readonly string[];
  /** The attempt counts as one that hangs. */
  isSlow: boolean;
}

/** The attempts of one organisation to one host, and the endpoints that wait for a slot there. */
interface HostShare<W> {
  underWay: number;
  /** How many of the attempts hang. */
  slow: number;
  /** Waiting endpoints that answer. */
  readonly waiting: Set<W>;
  /** Waiting endpoints that hang. */
  readonly waitingSlow: Set<W>;
}

/**
 * Limits how many attempts each organisation runs at once to one host, over all of its endpoints. Therefore
 * even many endpoints on one host get only a few requests at a time. Endpoints that hang get at most half of the slots, so
 * that others at the host continue. An attempt counts for each host that it may reach (a name, and the
 * address behind it) and needs a slot at all of them. Only hosts with attempts in progress take memory.
 */
export class HostLimits<W> {
  private readonly shares = new Map<string, HostShare<W>>();

  /** @param most the maximum number of concurrent attempts of one organisation to one host. */
  constructor(private readonly most: number) {}

  /** True when an attempt may begin. If not, `wake` of {@link leave} is called with `who` once it may. */
  mayBegin(organizationId: string, hosts: readonly string[], isSlow: boolean, who: W): boolean {
    for (const host of hosts) {
      const share = this.shares.get(keyOf(organizationId, host));
      if (!share || this.room(share, isSlow) > 0) continue;
      (isSlow ? share.waitingSlow : share.waiting).add(who);
      return false;
    }
    return true;
  }

  /** Begins an attempt. @returns its slots; give them back when the attempt has ended. */
  begin(organizationId: string, hosts: readonly string[], isSlow: boolean): HostSlots {
    const keys = hosts.map((host) => keyOf(organizationId, host));
    for (const key of keys) {
      let share = this.shares.get(key);
      if (!share) {
        share = { underWay: 0, slow: 0, waiting: new Set(), waitingSlow: new Set() };
        this.shares.set(key, share);
      }
      share.underWay += 1;
      if (isSlow) share.slow += 1;
    }
    return { keys, isSlow };
  }

  /** Notes that an attempt in progress hangs. */
  slows(slots: HostSlots): void {
    if (slots.isSlow) return;
    slots.isSlow = true;
    for (const key of slots.keys) {
      const share = this.shares.get(key);
      if (share) share.slow += 1;
    }
  }

  /**
   * Ends an attempt.
   * @param wake is called for waiting endpoints, and answers whether the endpoint takes the free slot.
   */
  leave(slots: HostSlots, wake: (who: W) => boolean): void {
    for (const key of slots.keys) {
      const share = this.shares.get(key);
      if (!share) continue;
      share.underWay -= 1;
      if (slots.isSlow) share.slow -= 1;
      wakeFirst(share.waiting, this.room(share, false), wake);
      wakeFirst(share.waitingSlow, this.room(share, true), wake);
      if (share.underWay + share.waiting.size + share.waitingSlow.size === 0) this.shares.delete(key);
    }
  }

  private room({ underWay, slow }: HostShare<W>, isSlow: boolean): number {
    const room = this.most - underWay;
    return isSlow ? Math.min(room, Math.max(1, Math.floor(this.most / 2)) - slow) : room;
  }
}

function keyOf(organizationId: string, host: string): string {
  return `${organizationId} ${host}`;
}

/**
 * Calls each waiting endpoint at most once, longest waiting first, until `room` of them have taken a slot.
 */
function wakeFirst<W>(waiting: Set<W>, room: number, wake: (who: W) => boolean): void {
  let free = room;
  for (let left = waiting.size; left > 0 && free > 0; left -= 1) {
    const [who] = waiting;
    if (who === undefined) return;
    waiting.delete(who);
    if (wake(who)) free -= 1;
  }
}
