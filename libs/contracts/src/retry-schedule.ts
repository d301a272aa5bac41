/**
 * How often, and for how long, failed deliveries to an endpoint are tried again. `standard`: as the guide says;
 * `extended`: for about three days; `none`: never.
 */
export const RETRY_SCHEDULES = ['standard', 'extended', 'none'] as const;
export type RetryScheduleName = (typeof RETRY_SCHEDULES)[number];

export const DEFAULT_RETRY_SCHEDULE: RetryScheduleName = 'standard';

/**
 * The schedule of an endpoint. It is the default for an endpoint that is not known, for a record without one, and for
 * a name that a later release may have added.
 */
export function retryScheduleOf(
  endpoint: { readonly retrySchedule?: RetryScheduleName } | undefined,
): RetryScheduleName {
  return RETRY_SCHEDULES.find((each) => each === endpoint?.retrySchedule) ?? DEFAULT_RETRY_SCHEDULE;
}
