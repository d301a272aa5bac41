import { InvalidFieldsException } from '@skillora/rest';

import { reconciliationRange } from './reconciliation-range.js';

const now = new Date('2024-02-01T12:00:00Z');
const at = (text: string): Date => new Date(text);

describe('the range of a reconciliation', () => {
  it('is the last day when nothing is said', () => {
    expect(reconciliationRange({}, now)).toEqual({ after: at('2024-01-31T12:00:00Z'), before: now });
  });

  it('is the day before an end', () => {
    const before = at('2023-05-05T00:00:00Z');
    expect(reconciliationRange({ created_before: before }, now)).toEqual({
      after: at('2023-05-04T00:00:00Z'),
      before,
    });
  });

  it('lasts from a beginning until now', () => {
    const after = at('2024-01-20T00:00:00Z');
    expect(reconciliationRange({ created_after: after }, now)).toEqual({ after, before: now });
  });

  it.each([
    ['begins where it ends', { created_after: now, created_before: now }, /earlier than created_before/],
    ['begins in the future', { created_after: at('2024-02-02T00:00:00Z') }, /in the past/],
    ['is longer than a month', { created_after: at('2024-01-01T11:59:59Z') }, /31 days/],
  ])('that %s is refused by name', (_, query, rule) => {
    let refusal: unknown;
    try {
      reconciliationRange(query, now);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(InvalidFieldsException);
    expect((refusal as InvalidFieldsException).getResponse()).toEqual({
      created_after: [expect.stringMatching(rule)],
    });
  });
});
