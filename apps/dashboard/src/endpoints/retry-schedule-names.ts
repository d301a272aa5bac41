/** What a retry schedule is called, and when it tries again unless the operator has set other delays. */
export interface RetryScheduleText {
  readonly name: string;
  readonly hint: string;
}

/** In the order of the form. */
export const RETRY_SCHEDULE_TEXTS: Readonly<Record<string, RetryScheduleText>> = {
  standard: {
    name: 'Standard',
    hint: 'A failed delivery is tried again after 1, 5 and 30 minutes.',
  },
  extended: {
    name: 'Extended',
    hint: 'A failed delivery is tried again for nearly three days: after 1, 5 and 30 minutes, 2, 5, 10, 10, 10 and 24 hours, each up to 10% longer.',
  },
  none: {
    name: 'None',
    hint: 'A delivery that fails is not tried again, unless you retry it by hand.',
  },
};

/** A schedule in words; one that this page does not know is shown as it is. */
export function retryScheduleName(schedule: string): string {
  return RETRY_SCHEDULE_TEXTS[schedule]?.name ?? schedule;
}
