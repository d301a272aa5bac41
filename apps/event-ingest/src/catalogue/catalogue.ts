import type { SubscribableEventType } from '@skillora/contracts';

import type { FieldType } from './field-type.js';
import { interviewCompleted } from './interview-completed.js';
import { mockInterviewCompleted } from './mock-interview-completed.js';

/** What the platform knows of an event type. */
export interface CataloguedEvent {
  /** How the body names the event. */
  readonly eventName: string;
  readonly data: FieldType;
}

/** Every event type a producer service may send. */
export const catalogue: Readonly<Record<SubscribableEventType, CataloguedEvent>> = {
  interview_completed: interviewCompleted,
  mock_interview_completed: mockInterviewCompleted,
};
