import type { ApiDescription } from '@skillora/rest';

import { WEBHOOKS } from './event-types/webhook-descriptions.js';

/** The OpenAPI description of the REST API as a whole. */
export const REST_API: ApiDescription = {
  title: 'Skillora webhooks: REST API',
  version: '1',
  description: [
    'Skillora sends a webhook, a signed HTTP POST, to your servers when an interview is completed. With this API you register the URLs that receive webhooks. You also see every event and every delivery, and you can retry a delivery that failed.',
    'Every path works with and without the slash at its end. Bodies are JSON with field names in snake_case. Times are ISO 8601 in UTC. Ids are UUIDs.',
    'Send your API token with every request: `Authorization: Bearer <token>`. A token belongs to one organisation, and its scopes say what it may do. An object of another organisation answers 404 on every route.',
    'An error is `{"detail": "…"}`, or an object that lists the problems of each field or parameter. A method that a path does not support answers 405, and the `Allow` header lists the supported ones. `OPTIONS` answers 204 with the same header. The API ignores read-only fields, unknown fields and unknown query parameters. A key that occurs twice in one JSON object is an error.',
    'Every answer has an `X-Request-Id`: the one of your request, or a new one. The list of changes shows it.',
    'A list is `{"next", "previous", "results"}`, newest first. `next` and `previous` are the URLs of the neighbouring pages, or null. A page holds at most `page_size` results and 4 MiB.',
  ].join('\n\n'),
  tags: {
    'webhook-endpoints': 'The URLs of your servers that receive webhooks.',
    'webhook-events': 'The events that happened in your organisation.',
    'webhook-deliveries':
      'Each delivery sends one event to one endpoint. Here you see its attempts and the answers of your server.',
    'event-types': 'The types of event that your servers can receive, with the schema of each body.',
    'webhook-stats': 'How many attempts succeeded and failed over time, and how long they took.',
    audit:
      'Who changed what. And for operators: checks that no event or delivery is missing from these lists.',
    documentation: 'This documentation.',
  },
  webhooks: WEBHOOKS,
};
