import { InvalidFields } from '@skillora/rest';

import { readRegeneration } from './regeneration-body.js';

describe('the body of a regeneration', () => {
  it.each([
    [undefined, 0],
    [{}, 0],
    [{ expire_former_after: null }, 0],
    [{ expire_former_after: 0 }, 0],
    [{ expire_former_after: 86_400, unknown: true }, 86_400_000],
    [{ expire_former_after: '24h' }, 86_400_000],
    [{ expire_former_after: '30d' }, 2_592_000_000],
  ])('%j keeps the former secret for %i ms', (body, ms) => {
    expect(readRegeneration(body)).toBe(ms);
  });

  it.each([
    [{ secret: 'a secret of our own' }],
    [{ secret: null }],
    [{ expire_former_after: -1 }],
    [{ expire_former_after: 1.5 }],
    [{ expire_former_after: 'tomorrow' }],
    [{ expire_former_after: '' }],
    [{ expire_former_after: true }],
    [{ expire_former_after: ['24h'] }],
    [{ expire_former_after: 2_592_001 }],
    [{ expire_former_after: '31d' }],
    [{ expire_former_after: 1e300 }],
    [null],
    [[]],
    ['24h'],
  ])('may not be %j', (body) => {
    expect(() => readRegeneration(body)).toThrow(InvalidFields);
  });
});
