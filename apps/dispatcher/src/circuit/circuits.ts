import {
  afterAttempt,
  type Circuit,
  CLOSED,
  type ConnectFailure,
  type Admission,
  admit,
} from './circuit-breaker.js';

interface Entry {
  /** The endpoint's version that the circuit belongs to; another version may have another URL. */
  readonly version: number;
  readonly circuit: Circuit;
  readonly usedAt: number;
}

/** A circuit that is not used for this long is forgotten; the next delivery then tries to connect. */
const FORGOTTEN_AFTER_MS = 10 * 60_000;

/**
 * The circuits of all endpoints. Endpoints without connection failures take no memory. Times are ms since the
 * epoch.
 */
export class Circuits {
  private readonly entries = new Map<string, Entry>();

  /** @param longestProbeMs the longest time between two probes of an endpoint. */
  constructor(private readonly longestProbeMs: number) {}

  /** How many endpoints have an open circuit. */
  get open(): number {
    let count = 0;
    for (const { circuit } of this.entries.values()) if (circuit.state === 'open') count += 1;
    return count;
  }

  admit(endpoint: { id: string; version: number }, now: number): Admission {
    const known = this.entries.get(endpoint.id);
    if (known?.version !== endpoint.version) return { kind: 'attempt' };
    const decided = admit(known.circuit, now, this.longestProbeMs);
    this.entries.set(endpoint.id, { ...known, circuit: decided.circuit, usedAt: now });
    return decided.admission;
  }

  afterAttempt(endpoint: { id: string; version: number }, failure: ConnectFailure | null, now: number): void {
    const known = this.entries.get(endpoint.id);
    if (known && known.version > endpoint.version) return;
    const circuit = afterAttempt(
      known?.version === endpoint.version ? known.circuit : CLOSED,
      failure,
      this.longestProbeMs,
    );
    if (circuit === CLOSED) this.entries.delete(endpoint.id);
    else this.entries.set(endpoint.id, { version: endpoint.version, circuit, usedAt: now });
  }

  forgetUnused(now: number): void {
    for (const [id, { usedAt }] of this.entries) {
      if (now - usedAt > FORGOTTEN_AFTER_MS) this.entries.delete(id);
    }
  }
}
