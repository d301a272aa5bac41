import { decideRedrive } from './decide-redrive.js';
import { letter } from './testing/letters.js';

describe('a redrive', () => {
  it.each(['not_json', 'unknown_event_type', 'invalid_data', 'internal', 'a_reason_of_a_later_release'])(
    'writes a record again that was refused for the reason %s',
    (reason) => expect(decideRedrive(letter({ reason }), false)).toBeNull(),
  );

  it('leaves alone an event that was accepted since', () => {
    expect(decideRedrive(letter(), true)).toBe('accepted');
  });

  it.each(['conflicting_data', 'unreadable'] as const)('never writes %s again', (reason) => {
    expect(decideRedrive(letter({ reason }), false)).toBe(reason);
  });

  it('leaves alone what is not the record any more, or never was one', () => {
    const { refusal, ...rest } = letter();
    if (refusal === null) throw new Error('the letter has no refusal');
    expect(decideRedrive({ ...rest, refusal: { ...refusal, leftOut: 'the value' } }, false)).toBe(
      'incomplete',
    );
    expect(decideRedrive({ refusal: null }, false)).toBe('not_ours');
  });
});
