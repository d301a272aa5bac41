import type { DemoOutcome } from './demo.js';

/** The addresses for the commands. */
export interface TryIt {
  readonly apiUrl: string;
  readonly ingestUrl: string;
  readonly token: string;
  readonly organizationId: string;
  /** Null when there was no demo. */
  readonly demo: (DemoOutcome & { readonly receiverUrl: string }) | null;
}

/** One step to try: its title, and the command, for a POSIX shell. */
export interface Step {
  readonly title: string;
  readonly command: string;
}

/** The demo's steps, and some more, as commands. */
export function stepsToTry({ apiUrl, ingestUrl, token, organizationId, demo }: TryIt): Step[] {
  const auth = `-H 'Authorization: Bearer ${token}'`;
  const api = `${apiUrl}/api/v1`;
  const publish = [
    `curl -sS -X POST ${ingestUrl}/api/v1/interview-completions/ ${auth} \\`,
    `  -H 'Content-Type: application/cloudevents+json' \\`,
    `  -d '{"specversion":"1.0","id":"try-'"$(date +%s)-$$-$RANDOM"'","source":"urn:skillora:try-it",` +
      `"type":"interview_completed","time":"'"$(date -u +%Y-%m-%dT%H:%M:%SZ)"'",` +
      `"organizationid":"${organizationId}","datacontenttype":"application/json",` +
      `"data":{"interview_id":"123e4567-e89b-12d3-a456-426614174000",` +
      `"interview_results_url":"https://skillora.ai/jobs/job-id/interview-id",` +
      `"candidate_id":"456e7890-e89b-12d3-a456-426614174001","job_id":"789e0123-e89b-12d3-a456-426614174002",` +
      `"score":85,"status":"completed","hiring_recommendation":"recommended",` +
      `"completed_at":"2024-01-15T14:25:00Z"}}'`,
  ].join('\n');
  const steps: Step[] = [
    {
      title: 'Register an endpoint (an inactive one; set your own url, and is_active to true)',
      command: [
        `curl -sS -X POST ${api}/webhook-endpoints/ ${auth} \\`,
        `  -H 'Content-Type: application/json' \\`,
        `  -d '{"url":"https://example.com/webhooks","events":["interview_completed","mock_interview_completed"],` +
          `"description":"Mine","is_active":false}'`,
      ].join('\n'),
    },
    { title: 'Publish an interview over HTTP', command: publish },
    {
      title: 'See what was sent, newest first',
      command: `curl -sS '${api}/webhook-deliveries/?page_size=5' ${auth}`,
    },
  ];
  if (demo === null) return steps;
  return [
    ...steps,
    {
      title: "The demo's event in the audit",
      command: `curl -sS '${api}/webhook-deliveries/?event_id=${demo.eventId}' ${auth}`,
    },
    {
      title: 'Send a test webhook to the demo receiver',
      command: `curl -sS -X POST ${api}/webhook-endpoints/${demo.endpointId}/test/ ${auth}`,
    },
    {
      title: 'See a delivery fail: let the receiver refuse the next one, then publish an interview as above',
      command: `curl -sS -X POST ${demo.receiverUrl}/refuse-next`,
    },
    {
      title: 'Retry that delivery now, rather than in a minute',
      command: [
        `DELIVERY=$(curl -sS '${api}/webhook-deliveries/?status=retrying&endpoint_id=${demo.endpointId}' ${auth} \\`,
        `  | grep -o '"id":"[^"]*"' | head -n 1 | cut -d '"' -f 4); \\`,
        `curl -sS -X POST "${api}/webhook-deliveries/$DELIVERY/retry/" ${auth}`,
      ].join('\n'),
    },
  ];
}
