/** The two topics of deliveries that wait for an attempt. */
export type LaneName = 'main' | 'slow';

/** The endpoint of a delivery, and its organisation. */
export interface Addressee {
  readonly endpointId: string;
  readonly organizationId: string;
  /** The delivery makes way for all others of its endpoint, in memory and in the slow lane. */
  readonly background?: boolean | undefined;
}

/** What this instance can take into memory from one partition of a lane. */
export interface LaneRoom {
  /** False when the endpoint has enough waiting work, or its organisation its share of the window. */
  hasRoom(to: Addressee): boolean;
  /** True when there is room, and the endpoint will soon have nothing to do unless more is taken. */
  runsLow(to: Addressee): boolean;
  /** True when a delivery may be taken before older ones of its endpoint that are further back. */
  mayOvertake(to: Addressee): boolean;
  /** True when nothing waits in memory for the endpoint. */
  isIdle(to: Addressee): boolean;
  /** False when the endpoint, or its organisation, has as much urgent work as may go first. */
  hasUrgentRoom(to: Addressee): boolean;
  /** True when the endpoint processes at least `perSecond` deliveries a second and will soon have room. */
  isPrompt(to: Addressee, perSecond: number): boolean;
}
