import { eventId } from '@skillora/contracts';
import { Faults, WHOLE } from '@skillora/validation';
import fc from 'fast-check';

import { catalogue } from '../catalogue/catalogue.js';
import {
  cloudEvent,
  interviewData,
  mockInterviewData,
  ORGANIZATION,
  OTHER_ORGANIZATION,
} from '../testing/samples.js';
import { UnacceptableException } from '../unacceptable.js';
import { MAX_BODY_BYTES } from './body.js';
import { toCanonicalEvent } from './canonical-event.js';

const NOW = new Date('2026-03-04T03:07:00.123Z');

function accept({ data, ...attributes }: Record<string, unknown>, expected: string | null = null) {
  return toCanonicalEvent({ attributes, data }, { expected, required: expected === null }, NOW);
}

function refusal(event: Record<string, unknown>, expected: string | null = null): UnacceptableException {
  try {
    accept(event, expected);
  } catch (error) {
    if (error instanceof UnacceptableException) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('an acceptable event', () => {
  it('becomes a canonical one', () => {
    expect(accept(cloudEvent())).toEqual({
      id: eventId('/services/interviews', 'event-1'),
      organizationId: ORGANIZATION,
      eventType: 'interview_completed',
      source: '/services/interviews',
      sourceId: 'event-1',
      occurredAt: '2026-03-04T03:06:07.890Z',
      acceptedAt: '2026-03-04T03:07:00.123Z',
      body: expect.any(String) as string,
    });
  });

  it('has its keys in the promised order, further ones behind them', () => {
    expect(accept(cloudEvent()).body).toBe(
      '{"event":"interview.completed","timestamp":"2026-03-04T03:06:07Z","data":{"interview_id":"interview-1",' +
        '"interview_results_url":"https://skillora.example/jobs/1/1","candidate_id":"candidate-1","job_id":"job-1",' +
        '"score":91.5,"status":"completed","hiring_recommendation":"recommended",' +
        '"completed_at":"2026-03-04T03:01:00Z","panel":{"size":3}}}',
    );
  });

  it('has nested keys in the promised order too', () => {
    const { body } = accept(cloudEvent({ type: 'mock_interview_completed', data: mockInterviewData() }));
    expect(body).toContain(
      '{"event":"mock_interview_completed","timestamp":"2026-03-04T03:06:07Z","data":{"id":"mock-1"',
    );
    expect(body).toContain(
      '"user":{"id":"user-1","first_name":"Ada","last_name":"Byron","email":"ada@example.org","nickname":"A"}',
    );
    expect(body).toContain('"resume":{"skills":["Analytical Engine"],"experience":"5 years"}');
    expect(body).toContain('[{"title":"Notes","url":"https://example.org/notes"}]');
    expect(body).toContain('{"technical":9,"communication":6.5,"style":"terse"}');
    expect(body).toContain('"config":{"id":"config-1","name":"Historic"}}}');
  });

  it('loses nothing of its data, and its body survives being parsed and written by JavaScript', () => {
    const further = fc.dictionary(
      fc.string().filter((name) => !(name in interviewData())),
      fc.jsonValue({ maxDepth: 4 }),
    );
    fc.assert(
      fc.property(further, (more) => {
        const data = JSON.parse(JSON.stringify({ ...more, ...interviewData() })) as Record<string, unknown>;
        const { body } = accept(cloudEvent({ data }));
        expect(JSON.stringify(JSON.parse(body))).toBe(body);
        expect((JSON.parse(body) as { data: unknown }).data).toEqual(data);
      }),
    );
  });

  it('keeps a property called __proto__', () => {
    const data = JSON.parse(JSON.stringify(interviewData()).replace('{', '{"__proto__":{"x":1},')) as unknown;
    expect(accept(cloudEvent({ data })).body).toContain('"__proto__":{"x":1}');
  });

  it('belongs to the organisation of its sender, whom it need not name', () => {
    const { organizationid: _none, ...event } = cloudEvent();
    expect(accept(event, ORGANIZATION).organizationId).toBe(ORGANIZATION);
    expect(
      accept(cloudEvent({ organizationid: ORGANIZATION.toUpperCase() }), ORGANIZATION).organizationId,
    ).toBe(ORGANIZATION);
  });

  it('may leave out what is optional, or set it to null', () => {
    const { interview_id, candidate_id, job_id, status } = interviewData();
    const data = { interview_id, candidate_id, job_id, status };
    expect(accept(cloudEvent({ data })).body).toContain('"status":"completed"}}');
    expect(accept(cloudEvent({ data: { ...data, score: null } })).body).toContain('"score":null');
  });
});

describe('an event is refused, with the field named,', () => {
  it.each(['specversion', 'id', 'source', 'type', 'time', 'organizationid', 'data'])(
    'without %s',
    (field) => {
      const { [field]: _missing, ...event } = cloudEvent();
      expect(refusal(event).problems).toEqual({ [field]: ['This field is required.'] });
    },
  );

  it.each([
    ['specversion', '0.3'],
    ['id', ''],
    ['id', 7],
    ['id', 'a\u0000b'],
    ['id', 'x'.repeat(1_025)],
    ['source', '\ud800'],
    ['type', 'coffee_break'],
    ['type', 'test'],
    ['time', 'yesterday'],
    ['time', 1_700_000_000],
    ['organizationid', 'acme'],
    ['datacontenttype', 'text/xml'],
    ['datacontenttype', ''],
    ['datacontenttype', 'application/jsonp'],
    ['source', '/services/größe'],
    ['source', 'a b'],
    ['source', 'http://[::1'],
    ['source', '/50%'],
  ])('when its %s is %p', (field, value) => {
    expect(Object.keys(refusal(cloudEvent({ [field]: value })).problems)).toEqual([field]);
  });

  it('when it names another organisation than its sender’s', () => {
    const { reason, problems } = refusal(cloudEvent({ organizationid: OTHER_ORGANIZATION }), ORGANIZATION);
    expect([reason, Object.keys(problems)]).toEqual(['wrong_organization', ['organizationid']]);
  });

  it.each([
    ['interview_id', undefined],
    ['interview_id', null],
    ['candidate_id', ''],
    ['job_id', 12],
    ['status', ' '],
    ['score', '85'],
    ['score', 100.5],
    ['score', -1],
    ['interview_results_url', 'jobs/1'],
    ['interview_results_url', 'javascript:alert(1)'],
    ['hiring_recommendation', 1],
    ['completed_at', '2026-03-04'],
  ])('when data.%s is %p', (field, value) => {
    const { reason, problems } = refusal(cloudEvent({ data: { ...interviewData(), [field]: value } }));
    expect([reason, Object.keys(problems)]).toEqual(['invalid_data', [`data.${field}`]]);
  });

  it.each([
    [{ user: { first_name: 'Ada' } }, 'data.user.id'],
    [{ user: null }, 'data.user'],
    [{ user: [] }, 'data.user'],
    [{ config: { name: 'x' } }, 'data.config.id'],
    [{ weak_areas: ['a', 1] }, 'data.weak_areas.1'],
    [{ weak_areas: 'a' }, 'data.weak_areas'],
    [{ learning_resources: [{ title: 1 }] }, 'data.learning_resources.0.title'],
    [{ number_of_questions: 1.5 }, 'data.number_of_questions'],
    [{ number_of_questions: -1 }, 'data.number_of_questions'],
    [{ key_area_assessments: { technical: '8' } }, 'data.key_area_assessments.technical'],
  ])('when a mock interview has %j', (change, path) => {
    const event = cloudEvent({
      type: 'mock_interview_completed',
      data: { ...mockInterviewData(), ...change },
    });
    expect(Object.keys(refusal(event).problems)).toEqual([path]);
  });

  it.each([
    [{ hiring_recommendation: 'a\u0000b' }, 'data.hiring_recommendation'],
    [{ panel: [{ note: '\ud800' }] }, 'data.panel.0.note'],
    [{ panel: { 'a\udc00': 1 } }, 'data.panel'],
  ])('when a text that nobody can store stands in it: %j', (change, path) => {
    const event = cloudEvent({ data: { ...interviewData(), ...change } });
    expect(Object.keys(refusal(event).problems)).toEqual([path]);
  });

  it('but not for text that only looks so', () => {
    const data = { ...interviewData(), note: '\\u0000 and 😀' };
    expect(accept(cloudEvent({ data })).body).toContain('\\\\u0000 and 😀');
  });

  it('when its data is no object', () => {
    for (const data of [null, [], 'text', 1]) {
      expect(Object.keys(refusal(cloudEvent({ data })).problems)).toEqual(['data']);
    }
  });

  it('when its body would be too large', () => {
    const data = { ...interviewData(), notes: 'x'.repeat(MAX_BODY_BYTES) };
    expect(refusal(cloudEvent({ data })).reason).toBe('too_large');
  });
});

describe('what is said of an event that is refused is bounded', () => {
  const textsOf = ({ problems }: UnacceptableException): string => JSON.stringify(problems);

  it('where a known list is wrong at a hundred thousand places', () => {
    const data = { ...mockInterviewData(), learning_resources: Array.from({ length: 100_000 }, () => 1) };
    const refused = refusal(cloudEvent({ type: 'mock_interview_completed', data }));
    const paths = Object.keys(refused.problems);
    expect([paths.length, paths[0], paths[99], paths[100]]).toEqual([
      101,
      'data.learning_resources.0',
      'data.learning_resources.99',
      WHOLE,
    ]);
    expect(textsOf(refused).length).toBeLessThan(20_000);
    expect(refused.message.length).toBeLessThan(20_000);
  });

  it('where texts that nobody can store stand under a key of a hundred thousand characters', () => {
    const bad = Array.from({ length: 10_000 }, () => '\u0000');
    const data = { ...interviewData(), ['k'.repeat(100_000)]: bad };
    const refused = refusal(cloudEvent({ data }));
    const [path = ''] = Object.keys(refused.problems);
    expect([refused.reason, path.length, path.slice(0, 10)]).toEqual(['invalid_data', 200, 'data.kkkkk']);
    expect(textsOf(refused).length).toBeLessThan(20_000);
  });
});

it('the catalogue refuses a wrong type for every field it knows', () => {
  // An object that is no list, no text, no number and lacks every required field fits no field.
  const wrong = Object.fromEntries(Object.keys(mockInterviewData()).map((field) => [field, { wrong: true }]));
  const faults = new Faults();
  catalogue.mock_interview_completed.data.check(wrong, 'data', faults);
  const { problems } = faults;
  const untouched = Object.keys(wrong).filter(
    (field) => !Object.keys(problems).some((path) => path.startsWith(`data.${field}`)),
  );
  // Objects all of whose fields are optional take any object.
  expect(untouched).toEqual(['resume', 'key_area_assessments']);
});
