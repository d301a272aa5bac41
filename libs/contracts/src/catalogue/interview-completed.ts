import type { EventDefinition } from './event-definition.js';
import {
  dateTime,
  identifier,
  nonBlankText,
  numberFrom,
  objectOf,
  optional,
  required,
  text,
  url,
} from './field-rule.js';

/** A candidate has completed an interview. */
export const interviewCompleted: EventDefinition = {
  type: 'interview_completed',
  eventName: 'interview.completed',
  version: '1',
  description: 'A candidate completed an interview.',
  data: objectOf({
    interview_id: required(identifier, 'Identifies the interview.'),
    interview_results_url: optional(url, 'The page with the results.'),
    candidate_id: required(identifier, 'Identifies the candidate.'),
    job_id: required(identifier, 'Identifies the job.'),
    score: optional(numberFrom(0, 100), 'The score, from 0 to 100.'),
    status: required(nonBlankText, 'The status of the interview.'),
    hiring_recommendation: optional(text, 'The recommendation that was generated.'),
    completed_at: optional(dateTime, 'When the interview was completed.'),
  }),
  example: {
    interview_id: '123e4567-e89b-12d3-a456-426614174000',
    interview_results_url: 'https://skillora.ai/jobs/job-id/interview-id',
    candidate_id: '456e7890-e89b-12d3-a456-426614174001',
    job_id: '789e0123-e89b-12d3-a456-426614174002',
    score: 85,
    status: 'completed',
    hiring_recommendation: 'recommended',
    completed_at: '2024-01-15T14:25:00Z',
  },
};
