/** The fields of an endpoint that somebody switches on: its health starts afresh, whatever the reason that it was off. */
export function switchedOn(now: Date): { disabledReason: null; disabledAt: null; enabledAt: Date } {
  return { disabledReason: null, disabledAt: null, enabledAt: now };
}

/**
 * The fields of an endpoint whose hold ends. Nothing was attempted meanwhile, so its health starts afresh. Otherwise it
 * could be disabled for the time of the hold, before anything of what waits is attempted.
 */
export function holdEnded(now: Date, isActive: boolean): { heldSince: null; enabledAt?: Date } {
  return { heldSince: null, ...(isActive ? { enabledAt: now } : {}) };
}
