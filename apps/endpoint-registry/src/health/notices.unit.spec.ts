import { bodySchemaOf, CATALOGUE, isUuid, noticeId } from '@skillora/contracts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

import type { HealthStep } from './decide-health.js';
import type { HealthRules } from './health-rules.js';
import { canonicalNotice, noticeCloudEvent, noticeOf } from './notices.js';

const SUBJECT = {
  endpointId: '123e4567-e89b-12d3-a456-426614174000',
  organizationId: '7b0c1f2e-5d3a-4c8b-9e6f-0a1b2c3d4e5f',
};
const RULES: HealthRules = { failingAfterMs: 1_000, disableAfterMs: 10_000, disableFailures: 3 };
const SINCE = Date.UTC(2026, 0, 15, 14, 30);
const HEALTH = {
  lastSuccessAt: SINCE - 5,
  lastGoneAt: null,
  failures: { count: 3, firstAt: SINCE, lastAt: SINCE + 9 },
};
const STEPS: readonly HealthStep[] = [
  { kind: 'failing', failingSince: SINCE, at: SINCE + 1_000 },
  { kind: 'disabling_soon', failingSince: SINCE, at: SINCE + 5_000 },
  { kind: 'disabled', failingSince: SINCE, reason: 'gone' },
  { kind: 'recovered', failingSince: SINCE, at: SINCE + 7_000 },
];
const noticeAt = (step: HealthStep, now = SINCE + 20_000) => noticeOf(step, SUBJECT, HEALTH, RULES, now);

describe.each(STEPS)('the notice that an endpoint is $kind', (step) => {
  const event = canonicalNotice(noticeAt(step), new Date(SINCE + 30_000));

  it('is an event whose body matches the published schema', () => {
    const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
    addFormats.default(ajv);
    const validate = ajv.compile(bodySchemaOf(CATALOGUE[event.eventType]));
    validate(JSON.parse(event.body));
    expect(validate.errors).toBeNull();
  });

  it('names the endpoint that it is about, which is not to get it', () => {
    expect(event).toMatchObject({
      ...{ aboutEndpointId: SUBJECT.endpointId },
      organizationId: SUBJECT.organizationId,
    });
  });

  it('is a CloudEvent with the same id and data', () => {
    const { data } = JSON.parse(event.body) as { data: unknown };
    expect(noticeCloudEvent(noticeAt(step))).toMatchObject({
      ...{ specversion: '1.0', id: event.id, source: event.source, type: event.eventType },
      ...{ time: event.occurredAt, organizationid: event.organizationId, data },
    });
  });

  it('has the same id whenever and by whomever it is made', () => {
    const { kind } = step;
    expect(noticeAt(step, SINCE + 90_000).id).toBe(event.id);
    expect(event.id).toBe(noticeId(`endpoint.${kind}`, SUBJECT.endpointId, SINCE));
    expect(isUuid(event.id)).toBe(true);
  });
});

describe('a notice', () => {
  it('says when the endpoint would be disabled, or that it never is', () => {
    const [failing] = STEPS;
    expect(noticeAt(failing!).data).toMatchObject({
      disables_at: new Date(SINCE + 10_000).toISOString(),
      failures_to_disable: 3,
    });
    const never = noticeOf(failing!, SUBJECT, HEALTH, { ...RULES, disableAfterMs: 0 }, SINCE);
    expect(never.data).toMatchObject({ disables_at: null });
  });
});
