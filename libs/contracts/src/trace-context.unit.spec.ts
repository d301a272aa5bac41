import { parseTraceParent } from '@opentelemetry/core';
import fc from 'fast-check';

import { soundTrace, traceIds } from './trace-context.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const traceparent = `00-${TRACE}-${SPAN}-01`;

describe('a trace context from outside', () => {
  it('is carried on as it is where it is sound', () => {
    expect(soundTrace({ traceparent, tracestate: 'vendor=value,other=1' })).toEqual({
      traceparent,
      tracestate: 'vendor=value,other=1',
    });
    expect(soundTrace({ traceparent })).toEqual({ traceparent });
  });

  it.each([
    ['nothing', undefined],
    ['an empty text', ''],
    ['ids of zeros alone', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span of zeros alone', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['the version that is none', `ff-${TRACE}-${SPAN}-01`],
    ['capital letters', traceparent.toUpperCase()],
    ['an id that is too short', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['more than there is in this version', `${traceparent}-00`],
    ['two of them', `${traceparent}, ${traceparent}`],
    ['a megabyte', 'a'.repeat(1_048_576)],
    ['a line break behind it', `${traceparent}\n`],
  ])('is ignored, tracestate included, where traceparent is %s', (_what, bad) => {
    expect(soundTrace({ traceparent: bad, tracestate: 'vendor=value' })).toEqual({});
  });

  it.each(['a=1,'.repeat(129), 'a=ü', 'a=\u0000', ''])('loses a tracestate that is not sound, %#', (bad) => {
    expect(soundTrace({ traceparent, tracestate: bad })).toEqual({ traceparent });
  });

  it('is never one that OpenTelemetry takes for none, nor read by it as another', () => {
    const near = fc.stringMatching(/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);
    fc.assert(
      fc.property(
        fc.oneof(near, fc.string(), fc.constantFrom(traceparent, `00-${'0'.repeat(32)}-${SPAN}-00`)),
        (text) => {
          const { traceparent: sound } = soundTrace({ traceparent: text });
          if (sound === undefined) return;
          const parsed = parseTraceParent(sound);
          expect(traceIds({ traceparent: sound })).toEqual({
            trace_id: parsed?.traceId,
            span_id: parsed?.spanId,
          });
        },
      ),
    );
  });
});

describe('a log line', () => {
  it('names trace and span of what it is about, and nothing where there is no trace', () => {
    expect(traceIds({ traceparent })).toEqual({ trace_id: TRACE, span_id: SPAN });
    expect(traceIds({})).toEqual({});
    expect(traceIds({ traceparent: 'anything' })).toEqual({});
  });
});
