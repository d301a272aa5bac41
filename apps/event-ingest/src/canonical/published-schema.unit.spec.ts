import {
  bodySchemaOf,
  CATALOGUE,
  PRODUCED_EVENT_TYPES,
  exampleBody,
  type FieldRule,
} from '@skillora/contracts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';

import { UnacceptableException } from '../unacceptable.js';
import { bodyOf } from './body.js';

/** Values of a rule that are at the edge of what is accepted, or beyond it. */
function valuesOf(rule: FieldRule): fc.Arbitrary<unknown> {
  switch (rule.kind) {
    case 'text':
    case 'nonBlankText':
      return fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(' ', '\u3000', '\ufeffa', '\u2028'));
    case 'url':
      return fc.oneof(
        fc.webUrl(),
        fc.constantFrom(
          ...[
            'https://bücher.example/a b',
            'HTTPS://A.example',
            'http:////a.example',
            'https://a.example/{x}',
          ],
          ...[
            'http://[::1]:8080/',
            'https://user:word@a.example/#"<>',
            'https:\\\\a.example',
            'ftp://a.example',
          ],
        ),
        fc.string().map((text) => `https://a.example/${text}`),
      );
    case 'dateTime':
      return fc.oneof(
        fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
        fc.constantFrom(
          ...['2024-01-15 14:30:00Z', '2024-01-15t14:30:00.123456789z', '2024-02-29T00:00:00-23:59'],
          ...['2023-02-29T00:00:00Z', '2016-12-31T23:59:60Z', '2024-01-15T24:00:00Z', '0001-01-01T00:00:00Z'],
        ),
      );
    case 'count':
      return fc.oneof(fc.maxSafeNat(), fc.double(), fc.constant(-1));
    case 'number':
      return fc.oneof(fc.double(), fc.integer(), fc.double({ min: rule.min ?? 0, max: rule.max ?? 1 }));
    case 'list':
      return fc.array(valuesOf(rule.item), { maxLength: 3 });
    case 'object': {
      const fields = Object.entries(rule.fields).map(([name, field]) => [
        name,
        field.required ? valuesOf(field.rule) : fc.option(valuesOf(field.rule)),
      ]);
      const known = fc.record(Object.fromEntries(fields) as Record<string, fc.Arbitrary<unknown>>, {
        requiredKeys: Object.entries(rule.fields)
          .filter(([, field]) => field.required)
          .map(([name]) => name),
      });
      return fc.tuple(known, fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 2 })).map(
        // What is known comes last, so that an unknown field cannot take its place.
        ([some, others]) => ({ ...others, ...some }),
      );
    }
  }
}

/** Mostly the example, with one or two fields that are otherwise. */
function dataOf(rule: FieldRule, example: object): fc.Arbitrary<object> {
  return valuesOf(rule).chain((values) =>
    fc.shuffledSubarray(Object.keys(values as object), { minLength: 0, maxLength: 2 }).map((names) => ({
      ...example,
      ...Object.fromEntries(names.map((name) => [name, (values as Record<string, unknown>)[name]])),
    })),
  );
}

describe.each(PRODUCED_EVENT_TYPES)('a body of the type %s', (type) => {
  const definition = CATALOGUE[type];
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
  addFormats.default(ajv);
  const validate = ajv.compile(bodySchemaOf(definition));

  it('validates against the published schema whenever intake accepts its data', () => {
    let accepted = 0;
    fc.assert(
      fc.property(
        dataOf(definition.data, definition.example),
        fc.date({ noInvalidDate: true }),
        (data, time) => {
          let body: string;
          try {
            body = bodyOf({ type, time: bounded(time), data });
          } catch (error) {
            if (error instanceof UnacceptableException) return;
            throw error;
          }
          accepted += 1;
          validate(JSON.parse(body));
          expect(validate.errors).toBeNull();
        },
      ),
      { numRuns: 500 },
    );
    expect(accepted).toBeGreaterThan(50);
  });

  it('is the published example when its data is sent', () => {
    const timestamp = '2024-01-15T14:30:00Z';
    const body = bodyOf({ type, time: Date.parse(timestamp), data: definition.example });
    expect(body).toBe(JSON.stringify(exampleBody(definition, timestamp)));
  });
});

/** Years that intake accepts, ms since the epoch. */
function bounded(time: Date): number {
  const [first, last] = [Date.parse('0001-01-01T00:00:00Z'), Date.parse('9999-12-31T23:59:59Z')];
  return Math.min(Math.max(time.getTime(), first), last);
}
