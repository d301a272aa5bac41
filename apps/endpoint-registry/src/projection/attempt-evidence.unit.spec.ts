import { type Attempt, RecordSchemaError } from '@skillora/contracts';
import fc from 'fast-check';

import { type AttemptEvidence, readEvidence } from './attempt-evidence.js';
import { evidenceOf, LogBuilder, idOf } from './testing/log-builder.js';

const log = new LogBuilder();
const told = evidenceOf(log.delivery(log.event('event'), idOf('endpoint')));
const read = (fields: object): AttemptEvidence => readEvidence(fields as Attempt);

const NOTHING: AttemptEvidence = {
  number: null,
  url: null,
  remoteAddress: null,
  endpointVersion: null,
  dnsMs: null,
  connectMs: null,
  tlsMs: null,
  firstByteMs: null,
  responseHeaders: null,
  signedWith: null,
  headerNames: null,
};
const ALL: AttemptEvidence = {
  number: 1,
  url: 'https://example.com/hook?round=0',
  remoteAddress: '192.0.2.7',
  endpointVersion: 1,
  dnsMs: 4,
  connectMs: 11,
  tlsMs: null,
  firstByteMs: 70,
  responseHeaders: 'content-type:text/plain; charset=utf-8\nx-note:a: "b" \\ {NULL}, ç',
  signedWith: '0a1b2c3d',
  headerNames: 'X-Gateway Authorization',
};
/** Which fields of the row each field of the record tells. */
const TELLS: Readonly<Record<string, readonly (keyof AttemptEvidence)[]>> = {
  number: ['number'],
  url: ['url'],
  remoteAddress: ['remoteAddress'],
  endpointVersion: ['endpointVersion'],
  timingsMs: ['dnsMs', 'connectMs', 'tlsMs', 'firstByteMs'],
  responseHeaders: ['responseHeaders'],
  signedWith: ['signedWith'],
  headerNames: ['headerNames'],
};

describe('the evidence of an attempt', () => {
  it('is read as it was told', () => {
    expect(read(told)).toEqual(ALL);
  });

  it('is nothing in the records of earlier releases', () => {
    expect(read({})).toEqual(NOTHING);
  });

  it('is read whichever fields are absent or null', () => {
    const way = fc.constantFrom('told', 'null', 'absent');
    const ways = fc.record(Object.fromEntries(Object.keys(TELLS).map((field) => [field, way])));
    fc.assert(
      fc.property(ways, (chosen) => {
        const fields: Record<string, unknown> = {};
        const expected: Record<string, unknown> = { ...NOTHING };
        for (const [field, columns] of Object.entries(TELLS)) {
          if (chosen[field] !== 'absent') {
            fields[field] = chosen[field] === 'told' ? told[field as keyof typeof told] : null;
          }
          if (chosen[field] === 'told') for (const column of columns) expected[column] = ALL[column];
        }
        expect(read(fields)).toEqual(expected);
      }),
    );
  });

  it('tells an answer without headers from none', () => {
    expect(read({ responseHeaders: {}, signedWith: [] })).toMatchObject({
      responseHeaders: '',
      signedWith: null,
    });
  });

  it.each([
    ['number', 0],
    ['number', '1'],
    ['url', 7],
    ['endpointVersion', 2_147_483_648],
    ['remoteAddress', {}],
    ['timingsMs', 5],
    ['timingsMs', { dns: -1 }],
    ['timingsMs', { firstByte: 0.5 }],
    ['responseHeaders', 'a: b'],
    ['responseHeaders', { a: 1 }],
    ['signedWith', '0a1b2c3d'],
    ['signedWith', ['0A1B2C3D']],
    ['signedWith', ['0a1b2c3d 0a1b2c3d']],
    ['headerNames', 'X-Gateway'],
    ['headerNames', ['X-Gateway X-Other']],
    ['headerNames', ['X-Gateway\0']],
  ])('with the field %s that is %j is refused, since the database has no place for it', (field, value) => {
    expect(() => read({ [field]: value })).toThrow(RecordSchemaError);
  });

  it('holds no NUL, which PostgreSQL’s text cannot', () => {
    const evidence = read({ url: 'a\0', remoteAddress: '\0', responseHeaders: { 'a\0': 'b\0' } });
    expect(JSON.stringify(evidence)).not.toContain('\\u0000');
  });
});
