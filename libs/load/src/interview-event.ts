/** The source of every event created here. */
export const EVENT_SOURCE = '/load';

/** Fills a body up to about 1 KB. */
const PADDING = 'x'.repeat(560);

/** The types that events created here can have. */
export type LoadEventType = 'interview_completed' | 'mock_interview_completed';

/**
 * A completed interview as a producer service sends it: a CloudEvent of about 1 KB, identified by its `mark`.
 * @param organizationId may be left out over HTTP, where the token decides.
 */
export function interviewEvent(
  mark: string,
  organizationId?: string,
  type: LoadEventType = 'interview_completed',
): string {
  return JSON.stringify({
    specversion: '1.0',
    id: mark,
    source: EVENT_SOURCE,
    type,
    time: new Date().toISOString(),
    organizationid: organizationId,
    data: { ...DATA[type](mark), mark, padding: PADDING },
  });
}

const DATA: Record<LoadEventType, (mark: string) => object> = {
  interview_completed: (mark) => ({
    interview_id: mark,
    interview_results_url: `https://skillora.example/jobs/load/${mark}`,
    candidate_id: '2d0b7c1e-5a52-4c1d-9d0a-0f0000000001',
    job_id: '2d0b7c1e-5a52-4c1d-9d0a-0f0000000002',
    score: 85,
    status: 'completed',
    hiring_recommendation: 'recommended',
    completed_at: '2026-01-15T14:25:00Z',
  }),
  mock_interview_completed: (mark) => ({
    id: mark,
    user: { id: '2d0b7c1e-5a52-4c1d-9d0a-0f0000000003', first_name: 'Alex', last_name: 'Example' },
    score: 85,
    status: 'completed',
    topic: 'Databases',
    ended_at: '2026-01-15T14:25:00Z',
  }),
};
