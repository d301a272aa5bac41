import { type EventType, TEST_EVENT_TYPE } from '../event.js';
import type { EventDefinition } from './event-definition.js';
import { fieldSchema } from './field-schema.js';
import { interviewCompleted } from './interview-completed.js';
import type { JsonSchema } from './json-schema.js';
import { mockInterviewCompleted } from './mock-interview-completed.js';
import { notices } from './notices.js';
import { testEvent } from './test-event.js';

/** Every event type that receivers can get, the test last. */
export const CATALOGUE: Readonly<Record<EventType, EventDefinition>> = {
  interview_completed: interviewCompleted,
  mock_interview_completed: mockInterviewCompleted,
  ...notices,
  test: testEvent,
};

/** The schema of the body that receivers get. Every body validates against it. */
export function bodySchemaOf({ eventName, description, data }: EventDefinition): JsonSchema {
  return {
    type: 'object',
    description,
    properties: {
      event: { type: 'string', const: eventName, description: 'The name of the event.' },
      timestamp: {
        type: 'string',
        format: 'date-time',
        pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$',
        description: 'When it happened, in UTC, in whole seconds.',
      },
      data: fieldSchema(data, 'receivers'),
    },
    required: ['event', 'timestamp', 'data'],
  };
}

/** An example of the body that receivers get. @param timestamp ISO 8601 in UTC, whole seconds. */
export function exampleBody(
  { eventName, example }: EventDefinition,
  timestamp: string,
): { readonly event: string; readonly timestamp: string; readonly data: Readonly<Record<string, unknown>> } {
  return { event: eventName, timestamp, data: example };
}

/**
 * The event type that a request names in its header. A test send has the body of the type whose example it
 * sends, so the body names the type. It remains a test everywhere else.
 */
export function namedEventType(type: string, body: string): string {
  if (type !== TEST_EVENT_TYPE) return type;
  const [, name] = /^\{"event":"([\w.]{1,64})"/.exec(body) ?? [];
  return Object.values(CATALOGUE).find(({ eventName }) => eventName === name)?.type ?? type;
}
