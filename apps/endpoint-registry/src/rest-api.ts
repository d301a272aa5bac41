import type { ApiDescription } from '@skillora/rest';

/** What the OpenAPI document says of the REST API as a whole. */
export const REST_API: ApiDescription = {
  title: 'Skillora webhooks: REST API',
  version: '1',
  description: [
    'Every path answers with and without the slash at its end. Bodies are JSON in snake_case, times are ISO 8601 in UTC, ids are UUIDs.',
    'A token belongs to one organisation and carries scopes: `Authorization: Bearer <token>`. Objects of other organisations answer 404 everywhere.',
    'Errors are `{"detail": "…"}`, or the problems by field or parameter. A method that a path does not have is answered with 405 and `Allow`; `OPTIONS` asks for the same with 204. Read-only and unknown fields, and unknown parameters, are ignored. A key that stands twice in one JSON object is an error.',
    'Lists are `{"next", "previous", "results"}`, newest first: follow the links. A page has at most `page_size` results and 4 MiB.',
  ].join('\n\n'),
  tags: {
    'webhook-endpoints': 'Servers that webhooks are sent to.',
    'webhook-events': 'What happened.',
    'webhook-deliveries': 'What was sent of it where, and what came back.',
    'webhook-stats': 'How deliveries fare over time.',
    audit: 'Whether the audit is complete.',
    documentation: 'This description.',
  },
};
