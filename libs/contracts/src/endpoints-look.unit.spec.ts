import { endpointsLookSchema, isEndpointsLook } from './endpoints-look.js';
import { canonicalEventSchema } from './event.js';
import { recordHeaders } from './record-schema.js';

describe('a look among the events', () => {
  it('is recognised by the name of its schema, whatever its version is', () => {
    expect(isEndpointsLook(recordHeaders(endpointsLookSchema))).toBe(true);
    expect(isEndpointsLook(recordHeaders({ ...endpointsLookSchema, version: 7 }))).toBe(true);
  });

  it('is no event, and an event without headers is no look', () => {
    expect(isEndpointsLook(recordHeaders(canonicalEventSchema))).toBe(false);
    expect(isEndpointsLook({})).toBe(false);
  });
});
