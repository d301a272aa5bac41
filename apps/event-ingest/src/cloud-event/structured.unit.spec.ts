import { cloudEvent, interviewData } from '../testing/samples.js';
import { UnacceptableException } from '../unacceptable.js';
import { readBatch, readStructured } from './structured.js';

const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString('base64');
const DATA = JSON.stringify(interviewData());

/** An event without data, and with what is given. */
function event(members: Record<string, unknown>): Record<string, unknown> {
  const { data: _data, ...attributes } = cloudEvent();
  return { ...attributes, ...members };
}

const read = (members: Record<string, unknown>) =>
  readStructured(Buffer.from(JSON.stringify(event(members))));

function refusal(read: () => unknown): UnacceptableException {
  try {
    read();
  } catch (error) {
    if (error instanceof UnacceptableException) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('an event in structured mode', () => {
  it.each([
    ['application/json'],
    ['application/json; charset=utf-8'],
    ['text/json'],
    ['application/vnd.skillora.interview+json'],
    [undefined],
    [null],
  ])('has the data of its data_base64, where it declares JSON as %s', (datacontenttype) => {
    const inBase64 = read({ datacontenttype, data_base64: base64(DATA) });
    expect(inBase64).toEqual(read({ datacontenttype, data: interviewData() }));
  });

  it('may have a null in the place of the one of data and data_base64 that it does not use', () => {
    const plain = read({ data: interviewData() });
    expect(read({ data: interviewData(), data_base64: null })).toEqual(plain);
    expect(read({ data: null, data_base64: base64(DATA) })).toEqual(plain);
    expect(read({ data: null, data_base64: null })).toEqual(read({ data: null }));
  });

  it.each([
    ['stands beside data', { data: interviewData(), data_base64: base64(DATA) }],
    ['is no text', { data_base64: { a: 1 } }],
    ['is a number', { data_base64: 7 }],
    ['has no padding', { data_base64: base64('{}').replace('=', '') }],
    ['has a line break', { data_base64: `${base64(DATA).slice(0, 8)}\n${base64(DATA).slice(8)}` }],
    ['is in the alphabet for URLs', { data_base64: base64('"???"').replace('/', '_') }],
    ['has bits left over', { data_base64: 'e31=' }],
    ['is not base64', { data_base64: 'interview' }],
  ])('is refused by the name of data_base64 when that %s', (_what, members) => {
    const { reason, problems } = refusal(() => read(members));
    expect([reason, Object.keys(problems)]).toEqual(['not_a_cloud_event', ['data_base64']]);
  });

  it.each([
    ['nothing', ''],
    ['no JSON', base64('{')],
    ['other bytes than UTF-8', base64(new Uint8Array([0x22, 0xff, 0x22]))],
    ['one key twice', base64('{"a":1,"a":2}')],
  ])('is refused by the name of data_base64 when that holds %s', (_what, data_base64) => {
    const { reason, problems, message } = refusal(() => read({ data_base64 }));
    expect([reason, Object.keys(problems)]).toEqual(['not_json', ['data_base64']]);
    expect(message).toMatch(/^data_base64: JSON/);
  });

  it('is refused with the path of each number in data_base64 that would be altered', () => {
    const { reason, problems } = refusal(() => read({ data_base64: base64('{"score":9007199254740993}') }));
    expect([reason, Object.keys(problems)]).toEqual(['inexact_number', ['data.score']]);
  });

  it('is not read as JSON where it declares another type of data', () => {
    const unchecked = read({ datacontenttype: 'image/png', data_base64: base64(new Uint8Array([0xff])) });
    expect(unchecked.data).toBeNull();
  });

  it('may begin with a byte order mark, which is no part of it', () => {
    const text = JSON.stringify(cloudEvent());
    expect(readStructured(Buffer.from(`\ufeff${text}`))).toEqual(readStructured(Buffer.from(text)));
  });

  it.each([0, 9, 40, 200])('is refused when it holds a byte that is not UTF-8, here at %i', (at) => {
    const bytes = Buffer.from(
      JSON.stringify(cloudEvent({ data: { ...interviewData(), note: 'é'.repeat(200) } })),
    );
    bytes[at] = 0xff;
    expect(refusal(() => readStructured(bytes)).reason).toBe('not_json');
  });

  it('in a batch is refused by its index', () => {
    const batch = [event({ data_base64: base64(DATA) }), event({ data_base64: '?' })];
    const { problems } = refusal(() => [...readBatch(Buffer.from(JSON.stringify(batch)))]);
    expect(Object.keys(problems)).toEqual(['1.data_base64']);
  });
});
