import type { Cidr } from './cidr.js';

/** The operator's rules for targets. */
export interface EgressPolicy {
  /** Accept `http:` URLs as well as `https:`. */
  readonly allowHttp: boolean;
  /** Blocks exempt from the address rules, exactly as written: see {@link addressProblem}. */
  readonly allowedCidrs: readonly Cidr[];
  /**
   * Blocks to which nothing is sent, even if other rules allow it, for example public addresses of the
   * operator's own.
   */
  readonly forbiddenCidrs?: readonly Cidr[] | undefined;
  /** Prefixes of the network's own translators beside 64:ff9b::/96 (RFC 6052); none by default. */
  readonly nat64Prefixes?: readonly Cidr[] | undefined;
}

/** The settings that define the policy of a service. */
export interface TargetSettings {
  readonly allowHttpTargets: boolean;
  readonly allowedTargetCidrs: readonly Cidr[];
  readonly forbiddenTargetCidrs: readonly Cidr[];
  readonly nat64Prefixes: readonly Cidr[];
}

/**
 * The policy from a service's settings. It judges URLs when they are registered and again when they are used.
 */
export function egressPolicyOf(settings: TargetSettings): EgressPolicy {
  return {
    allowHttp: settings.allowHttpTargets,
    allowedCidrs: settings.allowedTargetCidrs,
    forbiddenCidrs: settings.forbiddenTargetCidrs,
    nat64Prefixes: settings.nat64Prefixes,
  };
}

/** The part of the policy that judges addresses. */
export type AddressPolicy = Pick<EgressPolicy, 'allowedCidrs' | 'forbiddenCidrs' | 'nat64Prefixes'>;
