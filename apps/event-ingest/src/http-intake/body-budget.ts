import { BytesInMemory } from '@skillora/rest';

const MIB = 1_048_576;

/** How many bytes of bodies may be in memory at once, decompressed and not read yet. */
export interface BodyLimits {
  /** Of one organisation. */
  readonly organization: number;
  /** Of all together. */
  readonly all: number;
}

const LIMITS: BodyLimits = { organization: 32 * MIB, all: 128 * MIB };

/**
 * Bounds the memory that bodies take between their arrival and their reading. A compressed body of 4 KiB can
 * become 4 MiB, so it counts with the most that it can become. One organisation gets a quarter of all.
 */
export class BodyBudget {
  private readonly bytes = new BytesInMemory();

  constructor(private readonly limits: BodyLimits = LIMITS) {}

  /** Takes memory for a body. @returns what gives it back, to be called once; null when there is not enough. */
  take(organizationId: string, bytes: number): (() => void) | null {
    const { organization, all } = this.limits;
    if (this.bytes.of(organizationId) + bytes > organization || this.bytes.all + bytes > all) return null;
    return this.bytes.add(organizationId, bytes);
  }
}
