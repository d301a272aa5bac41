import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

import { PRODUCED_EVENT_TYPES } from '../event.js';
import { bodySchemaOf, CATALOGUE, exampleBody, namedEventType } from './catalogue.js';
import { cloudEventSchema, dataSchemaOf } from './cloud-event-schema.js';

const AT = '2024-01-15T14:30:00Z';
const definitions = Object.values(CATALOGUE);

function validator(schema: object) {
  const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true, allowUnionTypes: true });
  addFormats.default(ajv);
  return ajv.compile(schema);
}

describe.each(definitions)('the event type $type', (definition) => {
  const validate = validator(bodySchemaOf(definition));

  it('has an example that its schema allows', () => {
    validate(exampleBody(definition, AT));
    expect(validate.errors).toBeNull();
  });

  it('has an example in the order that receivers get, such that it survives being parsed and written', () => {
    const { fields } = definition.data;
    expect(Object.keys(definition.example)).toEqual(Object.keys(fields));
    const body = JSON.stringify(exampleBody(definition, AT));
    expect(JSON.stringify(JSON.parse(body))).toBe(body);
  });

  it('has a schema that lets unknown fields pass, and nothing else', () => {
    const body = exampleBody(definition, AT);
    expect(validate({ ...body, data: { ...body.data, panel: { size: 3 } } })).toBe(true);
    expect(validate({ ...body, event: 'another' })).toBe(false);
    expect(validate({ ...body, timestamp: '2024-01-15T14:30:00.5Z' })).toBe(false);
    const [first = ''] = Object.keys(body.data);
    expect(validate({ ...body, data: { ...body.data, [first]: undefined } })).toBe(false);
  });
});

describe.each(PRODUCED_EVENT_TYPES)('an event of type %s from a producer', (type) => {
  const event = {
    specversion: '1.0',
    id: '1',
    source: '/services/interviews',
    type,
    time: AT,
    data: CATALOGUE[type].example,
  };

  it('names its organisation on Kafka, and need not over HTTP', () => {
    const schema = (door: 'http' | 'kafka') =>
      validator(cloudEventSchema(CATALOGUE[type], door, dataSchemaOf(CATALOGUE[type])));
    expect(schema('http')(event)).toBe(true);
    expect(schema('kafka')(event)).toBe(false);
    const organizationid = '123e4567-e89b-12d3-a456-426614174000';
    expect(schema('kafka')({ ...event, organizationid })).toBe(true);
  });
});

describe('the event type that a request names', () => {
  it.each(definitions)('is that of the example which a test sends: $type', (definition) => {
    expect(namedEventType('test', JSON.stringify(exampleBody(definition, AT)))).toBe(definition.type);
  });

  it('is its own where it is no test, whatever the body says', () => {
    expect(namedEventType('interview_completed', '{"event":"test"}')).toBe('interview_completed');
    expect(namedEventType('test', '{"event":"of a later release"}')).toBe('test');
    expect(namedEventType('test', 'no JSON')).toBe('test');
  });
});
