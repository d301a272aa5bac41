import { cloudEvent, interviewData, ORGANIZATION } from '../testing/samples.js';
import { Unacceptable } from '../unacceptable.js';
import { readRequest } from './read-request.js';

const read = (headers: Record<string, string>, content: unknown) =>
  readRequest(headers, Buffer.from(JSON.stringify(content)), ORGANIZATION, new Date('2026-03-04T03:07:00Z'));
const batch = { 'content-type': 'application/cloudevents-batch+json' };

describe('a request', () => {
  it('brings the same event structured, as plain JSON, and in binary mode', () => {
    const structured = read({ 'content-type': 'application/cloudevents+json; charset=utf-8' }, cloudEvent());
    expect(structured.isBatch).toBe(false);
    expect(read({ 'content-type': 'application/json' }, cloudEvent())).toEqual(structured);
    const headers = {
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-id': 'event-1',
      'ce-source': '%2Fservices%2Finterviews',
      'ce-type': 'interview_completed',
      'ce-time': '2026-03-04T05:06:07.890+02:00',
    };
    expect(read(headers, interviewData())).toEqual(structured);
  });

  it('brings several events in a batch', () => {
    const { isBatch, events } = read(batch, [cloudEvent({ id: 'a' }), cloudEvent({ id: 'b' })]);
    expect([isBatch, events.map(({ event }) => event.sourceId)]).toEqual([true, ['a', 'b']]);
    expect(read(batch, [])).toEqual({ isBatch: true, events: [] });
  });

  it.each([
    [[cloudEvent(), cloudEvent({ type: 'x' })], '1.type'],
    [[cloudEvent({ data: { ...interviewData(), score: 101 } })], '0.data.score'],
    [[cloudEvent(), 'text'], '1'],
    [cloudEvent(), 'non_field_errors'],
    [Array.from({ length: 1_001 }, () => cloudEvent()), 'non_field_errors'],
  ])('with a bad batch is refused whole, and what is wrong is named by its index', (content, path) => {
    expect(() => read(batch, content)).toThrow(Unacceptable);
    try {
      read(batch, content);
    } catch (error) {
      expect(Object.keys((error as Unacceptable).problems)).toEqual([path]);
    }
  });

  it('with headers that are not percent-encoded is refused', () => {
    expect(() => read({ 'content-type': 'application/json', 'ce-source': '%zz' }, {})).toThrow(/source/);
  });
});
