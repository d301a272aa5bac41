import { randomUUID } from 'node:crypto';

/** A CloudEvent 1.0 about an interview, as a producer service writes it (structured mode). */
export interface SampleEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: 'interview_completed';
  readonly time: string;
  readonly organizationid: string;
  readonly datacontenttype: 'application/json';
  readonly data: { readonly interview_id: string } & Readonly<Record<string, string | number>>;
}

const ONE_MINUTE_MS = 60_000;

/** A completed interview with new ids, so that no two events are the same. */
export function sampleEvent(organizationId: string, now = new Date()): SampleEvent {
  const interviewId = randomUUID();
  const jobId = randomUUID();
  return {
    specversion: '1.0',
    id: randomUUID(),
    source: 'urn:skillora:local-stack:demo',
    type: 'interview_completed',
    time: now.toISOString(),
    organizationid: organizationId,
    datacontenttype: 'application/json',
    data: {
      interview_id: interviewId,
      interview_results_url: `https://skillora.ai/jobs/${jobId}/${interviewId}`,
      candidate_id: randomUUID(),
      job_id: jobId,
      score: 85,
      status: 'completed',
      hiring_recommendation: 'recommended',
      completed_at: new Date(now.getTime() - ONE_MINUTE_MS).toISOString(),
    },
  };
}
