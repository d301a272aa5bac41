import { BodyPipe, InvalidFieldsException } from '@skillora/rest';

import { keepFormerMs, Regeneration } from './regeneration-body.js';

async function read(body: unknown): Promise<number> {
  return keepFormerMs(
    (await new BodyPipe().transform(body, { type: 'body', metatype: Regeneration })) as Regeneration,
  );
}

describe('the body of a regeneration', () => {
  it.each([
    [undefined, 0],
    [{}, 0],
    [{ expire_former_after: null }, 0],
    [{ expire_former_after: 0 }, 0],
    [{ expire_former_after: 86_400, unknown: true }, 86_400_000],
    [{ expire_former_after: '24h' }, 86_400_000],
    [{ expire_former_after: '30d' }, 2_592_000_000],
  ])('%j keeps the former secret for %i ms', async (body, ms) => {
    expect(await read(body)).toBe(ms);
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
  ])('may not be %j', async (body) => {
    await expect(read(body)).rejects.toThrow(InvalidFieldsException);
  });
});
