import { nothingSent, resendAnswer } from './resend-answer.js';

const skipped = (detail: string) => ({ endpoint_id: 'an-id', detail });

it('says to how many endpoints the event is sent', () => {
  expect(resendAnswer([{ id: 'd', endpoint_id: 'e' }], []).message).toBe(
    'The event is being sent again to 1 endpoint',
  );
  expect(resendAnswer([], []).message).toBe('The event is being sent again to 0 endpoints');
});

it('says why nothing is sent', () => {
  expect(nothingSent([])).toContain('No active endpoint is subscribed');
  expect(nothingSent([skipped('It is inactive.')])).toBe('It is inactive.');
  expect(nothingSent([skipped('It is inactive.'), skipped('Other.')])).toBe(
    'None of 2 endpoints can get this event now. The first, an-id: It is inactive.',
  );
});
