/** The places that one attempt holds, until it ends. */
export interface HostPlace {
  readonly keys: readonly string[];
  /** It counts among those that hang. */
  isSlow: boolean;
}

/** What one organisation has under way to one host, and who waits for a place there. */
interface HostShare<W> {
  underWay: number;
  /** Of these, those that hang. */
  slow: number;
  /** Endpoints that answer. */
  readonly waiting: Set<W>;
  /** Endpoints that hang. */
  readonly waitingSlow: Set<W>;
}

/**
 * The attempts that each organisation may have under way to one host at the same time, over all of its endpoints: many
 * endpoints for one victim send it no more than a few do. Endpoints that hang may have half of the places, so that others
 * of the host go on meanwhile. An attempt counts for each host that it may reach (a name, and the address behind it), and
 * needs a place at all of them. Takes memory only for hosts with attempts under way.
 */
export class HostPlaces<W> {
  private readonly shares = new Map<string, HostShare<W>>();

  /** @param most attempts under way to one host, of one organisation. */
  constructor(private readonly most: number) {}

  /** True when an attempt may begin. Where not, `who` is handed to `wake` of {@link leave} once one may. */
  mayBegin(organizationId: string, hosts: readonly string[], isSlow: boolean, who: W): boolean {
    for (const host of hosts) {
      const share = this.shares.get(keyOf(organizationId, host));
      if (!share || this.room(share, isSlow) > 0) continue;
      (isSlow ? share.waitingSlow : share.waiting).add(who);
      return false;
    }
    return true;
  }

  /** An attempt begins. @returns its place, to be left when it has ended. */
  begin(organizationId: string, hosts: readonly string[], isSlow: boolean): HostPlace {
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

  /** An attempt under way turned out to hang. */
  slows(place: HostPlace): void {
    if (place.isSlow) return;
    place.isSlow = true;
    for (const key of place.keys) {
      const share = this.shares.get(key);
      if (share) share.slow += 1;
    }
  }

  /** An attempt has ended. @param wake is asked of those that wait whether they take the place that is free now. */
  leave(place: HostPlace, wake: (who: W) => boolean): void {
    for (const key of place.keys) {
      const share = this.shares.get(key);
      if (!share) continue;
      share.underWay -= 1;
      if (place.isSlow) share.slow -= 1;
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

/** Each is asked once at most, the one that has waited longest first, until `room` have taken a place. */
function wakeFirst<W>(waiting: Set<W>, room: number, wake: (who: W) => boolean): void {
  let free = room;
  for (let left = waiting.size; left > 0 && free > 0; left -= 1) {
    const [who] = waiting;
    if (who === undefined) return;
    waiting.delete(who);
    if (wake(who)) free -= 1;
  }
}
