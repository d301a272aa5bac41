import { dateTime, identifier, nonBlankText, numberFrom, text, url } from './field-type.js';
import { objectOf, optional, required } from './object-type.js';

/** A candidate has completed an interview. */
export const interviewCompleted = {
  eventName: 'interview.completed',
  data: objectOf({
    interview_id: required(identifier),
    interview_results_url: optional(url),
    candidate_id: required(identifier),
    job_id: required(identifier),
    score: optional(numberFrom(0, 100)),
    status: required(nonBlankText),
    hiring_recommendation: optional(text),
    completed_at: optional(dateTime),
  }),
};
