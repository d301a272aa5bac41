import {
  count,
  dateTime,
  identifier,
  listOf,
  nonBlankText,
  number,
  numberFrom,
  text,
  url,
} from './field-type.js';
import { objectOf, optional, required } from './object-type.js';

/** A user has completed a mock interview. */
export const mockInterviewCompleted = {
  eventName: 'mock_interview_completed',
  data: objectOf({
    id: required(identifier),
    user: required(
      objectOf({
        id: required(identifier),
        first_name: optional(text),
        last_name: optional(text),
        email: optional(text),
      }),
    ),
    score: optional(numberFrom(0, 100)),
    status: required(nonBlankText),
    number_of_questions: optional(count),
    number_of_answered_questions: optional(count),
    number_of_skipped_questions: optional(count),
    created_at: optional(dateTime),
    started_at: optional(dateTime),
    ended_at: optional(dateTime),
    topic: optional(text),
    behavioral_topic: optional(text),
    job_title: optional(text),
    job_description: optional(text),
    years_of_experience: optional(text),
    industry: optional(text),
    difficulty_level: optional(text),
    focus_area: optional(text),
    target_company: optional(text),
    university: optional(text),
    program: optional(text),
    interview_experience: optional(text),
    additional_customization: optional(text),
    resume: optional(objectOf({ skills: optional(listOf(text)), experience: optional(text) })),
    analysis: optional(text),
    learning_resources: optional(listOf(objectOf({ title: optional(text), url: optional(url) }))),
    weak_areas: optional(listOf(text)),
    strong_areas: optional(listOf(text)),
    key_area_assessments: optional(
      objectOf({
        technical: optional(number),
        behavioral: optional(number),
        communication: optional(number),
      }),
    ),
    config: optional(objectOf({ id: required(identifier), name: optional(text) })),
  }),
};
