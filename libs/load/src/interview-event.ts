/** The source of every event created here. */
export const EVENT_SOURCE = '/load';

/** Fills a body up to about 1 KB. */
const PADDING = 'x'.repeat(560);

/**
 * A completed interview as a producer service sends it: a CloudEvent of about 1 KB, identified by its `mark`.
 * @param organizationId may be left out over HTTP, where the token decides.
 */
export function interviewEvent(mark: string, organizationId?: string): string {
  return JSON.stringify({
    specversion: '1.0',
    id: mark,
    source: EVENT_SOURCE,
    type: 'interview_completed',
    time: new Date().toISOString(),
    organizationid: organizationId,
    data: {
      interview_id: mark,
      interview_results_url: `https://skillora.example/jobs/load/${mark}`,
      candidate_id: '2d0b7c1e-5a52-4c1d-9d0a-0f0000000001',
      job_id: '2d0b7c1e-5a52-4c1d-9d0a-0f0000000002',
      score: 85,
      status: 'completed',
      hiring_recommendation: 'recommended',
      completed_at: '2026-01-15T14:25:00Z',
      mark,
      padding: PADDING,
    },
  });
}
