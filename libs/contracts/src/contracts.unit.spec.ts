import { validate, version } from 'uuid';

import { deliveryId, eventId, isUuid } from './ids.js';
import { jsonRecordSchema, recordHeaders, RecordSchemaError } from './record-schema.js';
import { retryTopic, topicDefinitions, Topics } from './topics.js';

describe('event ids', () => {
  it('are the same for the same source and id, and UUIDs of version 5', () => {
    expect(eventId('/interviews', '1')).toBe(eventId('/interviews', '1'));
    expect(validate(eventId('/interviews', '1'))).toBe(true);
    expect(version(eventId('/interviews', '1'))).toBe(5);
  });

  it('differ where source and id only join to the same text', () => {
    expect(eventId('/a', '/b')).not.toBe(eventId('/a/', 'b'));
    expect(eventId('/a', 'b')).not.toBe(eventId('b', '/a'));
  });
});

describe('delivery ids', () => {
  it('name one event at one endpoint', () => {
    const event = eventId('/interviews', '1');
    const [one, other] = [eventId('endpoint', '1'), eventId('endpoint', '2')];
    expect(deliveryId(event, one)).toBe(deliveryId(event, one));
    expect(deliveryId(event, one)).not.toBe(deliveryId(event, other));
    expect(isUuid(deliveryId(event, one))).toBe(true);
  });
});

describe('a record schema', () => {
  const schema = jsonRecordSchema<{ id: string; size: number }>('thing', 3, { id: 'string', size: 'number' });

  it('gives back what it was given', () => {
    expect(schema.decode(schema.encode({ id: 'a', size: 2 }))).toEqual({ id: 'a', size: 2 });
  });

  it('keeps fields it does not know, which a newer writer may have added', () => {
    expect(schema.decode(Buffer.from('{"id":"a","size":2,"colour":"red"}'))).toHaveProperty('colour', 'red');
  });

  it.each(['', 'null', '[]', '{"id":"a"}', '{"id":1,"size":2}', '\u0000'])('refuses %j', (text) => {
    expect(() => schema.decode(Buffer.from(text))).toThrow(RecordSchemaError);
  });

  it('is named in the headers of its records, with the trace they belong to', () => {
    expect(recordHeaders(schema, { traceparent: '00-a-b-01' })).toEqual({
      schema: 'thing',
      'schema-version': '3',
      traceparent: '00-a-b-01',
    });
  });
});

describe('the topics', () => {
  it('hold one retry topic for each automatic retry', () => {
    const names = topicDefinitions(3).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([retryTopic(1), retryTopic(2), retryTopic(3)]));
    expect(names).not.toContain(retryTopic(4));
  });

  it('are all defined, each once', () => {
    const names = topicDefinitions(0).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(Object.values(Topics)));
  });
});
