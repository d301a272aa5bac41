import type { SubscribableEventType } from '@skillora/contracts';

import type { FieldType } from './field-type.js';
import { interviewCompleted } from './interview-completed.js';
import { mockInterviewCompleted } from './mock-interview-completed.js';

/** The definition of an event type. */
export interface CataloguedEvent {
  /** The name of the event in the body. */
  readonly eventName: string;
  readonly data: FieldType;
}

/** Every event type a producer service may send. */
export const catalogue: Readonly<Record<SubscribableEventType, CataloguedEvent>> = {
  interview_completed: interviewCompleted,
  mock_interview_completed: mockInterviewCompleted,
};
