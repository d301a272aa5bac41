export const ORGANIZATION = '62b91646-9ac5-48a9-969b-77faf4056fd9';
export const OTHER_ORGANIZATION = '0b0e9a8c-2f0f-4a47-8d2e-1f6f3f1d2c3b';

/** The data of a completed interview, with its keys out of order and one unknown key. */
export function interviewData(): Record<string, unknown> {
  return {
    status: 'completed',
    panel: { size: 3 },
    score: 91.5,
    interview_id: 'interview-1',
    candidate_id: 'candidate-1',
    job_id: 'job-1',
    interview_results_url: 'https://skillora.example/jobs/1/1',
    hiring_recommendation: 'recommended',
    completed_at: '2026-03-04T03:01:00Z',
  };
}

/** The data of a completed mock interview with every known field, nested keys out of order. */
export function mockInterviewData(): Record<string, unknown> {
  return {
    config: { name: 'Historic', id: 'config-1' },
    user: { email: 'ada@example.org', last_name: 'Byron', first_name: 'Ada', id: 'user-1', nickname: 'A' },
    id: 'mock-1',
    score: 64,
    status: 'completed',
    number_of_questions: 4,
    number_of_answered_questions: 3,
    number_of_skipped_questions: 1,
    created_at: '2026-03-04T04:00:00Z',
    started_at: '2026-03-04T04:01:00Z',
    ended_at: null,
    topic: 'Compilers',
    resume: { experience: '5 years', skills: ['Analytical Engine'] },
    learning_resources: [{ url: 'https://example.org/notes', title: 'Notes' }],
    weak_areas: ['Brevity'],
    strong_areas: [],
    key_area_assessments: { communication: 6.5, technical: 9, style: 'terse' },
  };
}

/** A CloudEvent around data, in structured mode. */
export function cloudEvent(change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    specversion: '1.0',
    id: 'event-1',
    source: '/services/interviews',
    type: 'interview_completed',
    time: '2026-03-04T05:06:07.890+02:00',
    organizationid: ORGANIZATION,
    datacontenttype: 'application/json',
    data: interviewData(),
    ...change,
  };
}
