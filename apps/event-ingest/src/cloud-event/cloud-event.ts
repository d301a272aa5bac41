import { isNoticeType, isProducedEventType, isUuid, type ProducedEventType } from '@skillora/contracts';
import type { FieldProblems } from '@skillora/validation';

import { UnacceptableException } from '../unacceptable.js';
import { parseDateTime } from './date-time.js';
import { isJsonMediaType } from './media-type.js';
import { isUriReference } from './uri-reference.js';

/** An event in any form, as it was received: its attributes and its data, unchecked. */
export interface UncheckedEvent {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly data: unknown;
}

/** A CloudEvent with valid attributes (CloudEvents 1.0.2, §3); its data is not checked. */
export interface CloudEvent {
  readonly id: string;
  readonly source: string;
  readonly type: ProducedEventType;
  /** ms since the epoch. */
  readonly time: number;
  readonly organizationId: string;
  readonly data: unknown;
}

/**
 * The organisation that an event must belong to, if its sender is known. Null: the event's own attribute
 * decides.
 */
export interface OrganizationRule {
  readonly expected: string | null;
  /** Whether the event must name its organisation. */
  readonly required: boolean;
}

const MAX_LENGTH = 1_024;
// eslint-disable-next-line no-control-regex -- CloudEvents strings hold no control characters
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f]/;
const REQUIRED = 'This field is required.';

/**
 * Checks an event's attributes.
 * @throws {UnacceptableException} naming every attribute that is missing or bad.
 */
export function checkAttributes({ attributes, data }: UncheckedEvent, rule: OrganizationRule): CloudEvent {
  const { specversion, id, source, type, time, organizationid, datacontenttype } = attributes;
  const problems: FieldProblems = {};
  const note = (field: string, problem: string | null): void => {
    if (problem !== null) problems[field] = [problem];
  };
  note(
    'specversion',
    specversion === undefined ? REQUIRED : specversion === '1.0' ? null : 'Only "1.0" is known.',
  );
  note('id', textProblem(id));
  note('source', sourceProblem(source));
  note('type', isProducedEventType(type) ? null : typeProblem(type));
  const milliseconds = typeof time === 'string' ? parseDateTime(time) : null;
  note('time', timeProblem(time, milliseconds));
  note('organizationid', organizationProblem(organizationid, rule));
  note('datacontenttype', contentTypeProblem(datacontenttype));
  if (data === undefined) note('data', REQUIRED);

  const organization = typeof organizationid === 'string' ? organizationid.toLowerCase() : rule.expected;
  const isComplete = isProducedEventType(type) && milliseconds !== null && organization !== null;
  if (!isComplete || Object.keys(problems).length > 0)
    throw new UnacceptableException(reasonOf(problems), problems);
  return {
    id: id as string,
    source: source as string,
    type,
    time: milliseconds,
    organizationId: organization,
    data,
  };
}

/** The most serious of the problems: operators look for it by this word. */
function reasonOf(
  problems: FieldProblems,
): 'not_a_cloud_event' | 'unknown_event_type' | 'wrong_organization' {
  const only = Object.keys(problems).length === 1;
  if (only && problems['type'] && problems['type'][0] !== REQUIRED) return 'unknown_event_type';
  if (only && problems['organizationid']?.[0] === OTHER_ORGANIZATION) return 'wrong_organization';
  return 'not_a_cloud_event';
}

const OTHER_ORGANIZATION = 'Does not match the organisation of the token or of the record’s key.';

function textProblem(value: unknown): string | null {
  if (value === undefined || value === null) return REQUIRED;
  if (typeof value !== 'string') return 'Not a valid string.';
  if (value === '') return 'This field may not be blank.';
  if (value.length > MAX_LENGTH) return `Ensure this field has no more than ${MAX_LENGTH} characters.`;
  if (CONTROL_CHARACTER.test(value) || !value.isWellFormed()) {
    return 'Control characters and lone surrogates are not allowed.';
  }
  return null;
}

function sourceProblem(value: unknown): string | null {
  const problem = textProblem(value);
  if (problem !== null) return problem;
  return isUriReference(value as string)
    ? null
    : 'Must be a URI-reference (RFC 3986), like /services/interviews; percent-encode all other characters.';
}

function typeProblem(value: unknown): string {
  const problem = textProblem(value);
  if (problem !== null) return problem;
  return isNoticeType(value)
    ? `"${value}" is a notice, which only this system publishes.`
    : `"${String(value).slice(0, 100)}" is not a known event type.`;
}

function timeProblem(value: unknown, milliseconds: number | null): string | null {
  if (value === undefined || value === null) return REQUIRED;
  return milliseconds === null
    ? 'Must be a date and time with an offset (RFC 3339), such as 2024-01-15T14:30:00Z.'
    : null;
}

function organizationProblem(value: unknown, { expected, required }: OrganizationRule): string | null {
  if (value === undefined || value === null) return required ? REQUIRED : null;
  if (!isUuid(value)) return 'Must be a valid UUID.';
  if (expected !== null && value.toLowerCase() !== expected) return OTHER_ORGANIZATION;
  return null;
}

/** Absent means JSON (CloudEvents JSON format, §3.1). */
function contentTypeProblem(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' && isJsonMediaType(value) ? null : 'Must be application/json.';
}
