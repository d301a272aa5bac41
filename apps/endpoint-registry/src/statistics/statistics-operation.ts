import {
  choiceParameter,
  component,
  described,
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
  interval: described(choiceParameter('minute', 'hour', 'day'), 'The length of each bucket.'),
  since: described(
    timeParameter,
    'The start of the first bucket. A date means the start of that day in UTC.',
  ),
  until: described(timeParameter, 'The end of the last bucket. A date means the start of that day in UTC.'),
  endpoint_id: described(uuidParameter, 'Counts only the attempts of this endpoint.'),
  group_by: described(choiceParameter('endpoint'), 'Adds the buckets of each endpoint to the answer.'),
};

const number = { type: 'integer', minimum: 0 };
const milliseconds = { type: ['integer', 'null'], minimum: 0 };
const counts = {
  attempts: { ...number, description: 'The number of attempts.' },
  success: { ...number, description: 'Attempts that your server answered with 2xx.' },
  retrying: { ...number, description: 'Attempts that failed and that another attempt follows.' },
  failed: { ...number, description: 'Attempts that failed and that no automatic attempt follows.' },
  duration_p50_ms: {
    ...milliseconds,
    description: 'Half of the attempts took no longer than this. Null if there were no attempts.',
  },
  duration_p95_ms: {
    ...milliseconds,
    description:
      '95 % of the attempts took no longer than this. The figure comes from a histogram and can be off by about a third.',
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
    'Counts the attempts in buckets of a minute, an hour or a day (UTC). An attempt belongs to the bucket in which it began. Each bucket says how many attempts succeeded, failed with a retry to follow, or failed for good.',
    'The buckets cover the time from `since` to `until`, extended to whole buckets. `until` is now unless you give it. `since` defaults to the last 60 minutes, 24 hours or 30 days, depending on `interval`. Buckets without attempts are included. Minutes are kept for 48 hours, hours and days for 400 days. A request may cover at most 3,000 buckets, or 200 with `group_by=endpoint`.',
    'With `group_by=endpoint`, `endpoints` lists the endpoints that had attempts, each with its own buckets. It holds at most 200 endpoints, those with the most failures first. These buckets leave out times without attempts.',
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
      description: 'Your organisation never had an endpoint with the id in `endpoint_id`.',
      schema: problemSchema,
      example: { detail: 'Not found.' },
    },
  },
};
