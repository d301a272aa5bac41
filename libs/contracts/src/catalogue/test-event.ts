import { TEST_EVENT_TYPE } from '../event.js';
import type { EventDefinition } from './event-definition.js';
import { objectOf, required, text } from './field-rule.js';

/** Somebody tests an endpoint. */
export const testEvent: EventDefinition = {
  type: TEST_EVENT_TYPE,
  eventName: 'test',
  version: '1',
  description: 'Somebody of your organisation tests the endpoint. No endpoint can subscribe to it.',
  data: objectOf({ message: required(text, 'A text for people.') }),
  example: { message: 'This is a test webhook from Skillora' },
};
