import type { Cidr } from './cidr.js';

/** What the operator allows targets to be. */
export interface EgressPolicy {
  /** Accept `http:` URLs as well as `https:`. */
  readonly allowHttp: boolean;
  /** Blocks exempt from the address rules, exactly as written: see {@link addressProblem}. */
  readonly allowedCidrs: readonly Cidr[];
}
