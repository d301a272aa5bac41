import { eventTrace } from './event-trace.js';

const header = { traceparent: `00-${'a'.repeat(32)}-${'1'.repeat(16)}-01` };
const origin = { traceparent: `00-${'b'.repeat(32)}-${'2'.repeat(16)}-01`, tracestate: 'a=1' };
const request = { traceparent: `00-${'a'.repeat(32)}-${'3'.repeat(16)}-01` };
const bad = { traceparent: 'nonsense', tracestate: 'a=1' };

describe('an event', () => {
  it('goes on in the trace that its headers name, linked with the one written into it', () => {
    expect(eventTrace(header, {})).toEqual({ parent: header, links: [{}] });
    expect(eventTrace(header, origin)).toEqual({ parent: header, links: [origin] });
  });

  it('goes on in the one written into it where its headers name none', () => {
    expect(eventTrace({}, origin)).toEqual({ parent: origin, links: [{}] });
    expect(eventTrace(bad, origin)).toEqual({ parent: origin, links: [{}] });
  });

  it('is part of its request where that is recorded, unless it alone has a trace', () => {
    expect(eventTrace(header, origin, request)).toEqual({ parent: request, links: [origin] });
    expect(eventTrace({}, {}, request)).toEqual({ parent: request, links: [{}] });
    expect(eventTrace({}, origin, request)).toEqual({ parent: origin, links: [request] });
  });

  it('has nothing of a context that is none', () => {
    expect(eventTrace(bad, bad)).toEqual({ parent: {}, links: [{}] });
  });
});
