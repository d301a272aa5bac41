import {
  choiceParameter,
  component,
  objectSchema,
  type OperationDescription,
  problemSchema,
  timeParameter,
  timeSchema,
  uuidParameter,
  uuidSchema,
} from '@skillora/rest';

/** The parameters of statistics. */
export const STATISTICS_PARAMETERS = {
  interval: choiceParameter('minute', 'hour', 'day'),
  since: timeParameter,
  until: timeParameter,
  endpoint_id: uuidParameter,
  group_by: choiceParameter('endpoint'),
};

const number = { type: 'integer', minimum: 0 };
const milliseconds = { type: ['integer', 'null'], minimum: 0 };
const counts = {
  attempts: number,
  success: { ...number, description: 'Attempts that a 2xx answered.' },
  retrying: { ...number, description: 'Attempts that failed with another one to come.' },
  failed: { ...number, description: 'Attempts that failed with none left.' },
  duration_p50_ms: {
    ...milliseconds,
    description: 'Half of them took no longer. Null when there were none.',
  },
  duration_p95_ms: {
    ...milliseconds,
    description: 'Nineteen of twenty took no longer; read from classes, so to within a third or so.',
  },
};
const bucketSchema = component('StatisticsBucket', objectSchema({ start: timeSchema, ...counts }));
const buckets = { type: 'array', items: bucketSchema };

const example = {
  attempts: 3,
  success: 2,
  retrying: 1,
  failed: 0,
  duration_p50_ms: 41,
  duration_p95_ms: 388,
};

export const readStatistics: OperationDescription = {
  summary: 'Read statistics',
  description: [
    'Attempts counted by the time they began, in buckets of a minute, an hour or a day (UTC), by where they left their delivery.',
    'Buckets cover `since` (default: the last 60 minutes, 24 hours or 30 days) up to `until` (default: now), widened to whole ones; those without attempts are there too. Minutes are kept for 48 hours, hours and days for 400 days. At most 3,000 buckets, by endpoint 200.',
    'With `group_by=endpoint` each endpoint that had attempts (at most 200, those with the most failures first) stands in `endpoints` with its own buckets, those without attempts left out.',
  ].join('\n\n'),
  query: STATISTICS_PARAMETERS,
  answers: {
    200: {
      description: 'The statistics.',
      schema: component('Statistics', {
        ...objectSchema({
          interval: { enum: ['minute', 'hour', 'day'] },
          since: timeSchema,
          until: timeSchema,
          total: objectSchema(counts),
          buckets,
          endpoints: {
            type: 'array',
            items: objectSchema({ endpoint_id: uuidSchema, ...counts, buckets }),
          },
        }),
        required: ['interval', 'since', 'until', 'total', 'buckets'],
      }),
      example: {
        interval: 'minute',
        since: '2024-01-15T14:30:00.000Z',
        until: '2024-01-15T14:31:00.000Z',
        total: example,
        buckets: [{ start: '2024-01-15T14:30:00.000Z', ...example }],
      },
    },
    404: {
      description: 'The endpoint asked for never was the organisation’s.',
      schema: problemSchema,
      example: { detail: 'Not found.' },
    },
  },
};
