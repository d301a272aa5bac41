/** The fields of an endpoint that somebody switches on: its health starts afresh, whatever the reason that it was off. */
export function switchedOn(now: Date): { disabledReason: null; disabledAt: null; enabledAt: Date } {
  return { disabledReason: null, disabledAt: null, enabledAt: now };
}
