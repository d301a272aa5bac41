import { CATALOGUE, type EventType } from '@skillora/contracts';
import { bodySchema, MayBeAbsent, type RequestBody, Shown } from '@skillora/rest';
import { IsIn } from 'class-validator';

const TYPES = Object.keys(CATALOGUE) as EventType[];

/** The body of a test send, which may be empty. */
@MayBeAbsent()
export class TestRequest {
  @Shown({
    description:
      'The event type whose example is sent. If you leave it out, the test has a body of its own, with the event `test`.',
  })
  @IsIn(TYPES, { message: `Must be one of ${TYPES.join(', ')}.` })
  event_type?: EventType;
}

/** The documentation of the body of a test send. */
export const testBody: RequestBody = {
  required: false,
  content: {
    'application/json': {
      schema: bodySchema(TestRequest),
      examples: { anExample: { event_type: 'interview_completed' } },
    },
  },
};
