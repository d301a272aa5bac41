import { EVENT_TYPES } from '@skillora/contracts';
import { component, objectSchema, type OperationDescription, timeSchema, uuidSchema } from '@skillora/rest';

import { trialBody } from './filter-trial-body.js';
import { TRIED_EVENTS } from './filter-trial.js';

const count = (description: string) => ({ type: 'integer', minimum: 0, maximum: TRIED_EVENTS, description });

/** The OpenAPI description of the route that tries a filter. */
export const tryFilter: OperationDescription = {
  summary: 'Try a filter with past events',
  description: `Answers what the filter would have done with the newest ${TRIED_EVENTS} events of the endpoint's types. It changes nothing: to use the filter, set it as the endpoint's \`filter\`.`,
  body: trialBody,
  answers: {
    200: {
      description: 'What the filter would have done.',
      schema: component(
        'FilterTrial',
        objectSchema({
          events: count('How many events were tried.'),
          matched: count('How many of them the endpoint would have received.'),
          filtered: count('How many of them the filter would have left out.'),
          undescribed_paths: {
            type: 'array',
            items: { type: 'string' },
            description:
              'The paths of the filter that are in no schema of the endpoint’s event types. Events can have such fields, but a path may also be a mistake.',
          },
          results: {
            type: 'array',
            maxItems: TRIED_EVENTS,
            description: 'The events, newest first.',
            items: objectSchema({
              id: uuidSchema,
              event_type: { enum: EVENT_TYPES },
              created_at: timeSchema,
              matched: {
                type: 'boolean',
                description: 'Whether the endpoint would have received the event.',
              },
            }),
          },
        }),
      ),
      example: {
        events: 2,
        matched: 1,
        filtered: 1,
        undescribed_paths: [],
        results: [
          {
            id: '0e7c8b54-3c2e-5d6a-9a2f-6b1d5c4e3f21',
            event_type: 'interview_completed',
            created_at: '2024-01-15T14:30:00.250Z',
            matched: true,
          },
          {
            id: '7a1b2c3d-4e5f-5a6b-8c7d-9e0f1a2b3c4d',
            event_type: 'interview_completed',
            created_at: '2024-01-15T14:12:00.117Z',
            matched: false,
          },
        ],
      },
    },
  },
};
