import { bodyInDelivery } from './body-in-delivery.js';

const place = { partition: 2, offset: 12n };

describe('what a delivery has as its body', () => {
  it('is the body up to the limit, in UTF-8, and the place of the event beyond', () => {
    expect(bodyInDelivery({ body: 'žžž' }, place, 6)).toBe('žžž');
    expect(bodyInDelivery({ body: 'žžž.' }, place, 6)).toEqual({ partition: 2, offset: '12', bytes: 7 });
    expect(bodyInDelivery({ body: '1234567' }, place, 6)).toEqual({ partition: 2, offset: '12', bytes: 7 });
  });

  it('is the body, however large, where all bodies are copied', () => {
    expect(bodyInDelivery({ body: 'x'.repeat(250_000) }, place, Infinity)).toHaveLength(250_000);
  });
});
