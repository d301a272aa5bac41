import {
  bodyBytes,
  type Delivery,
  deliveryHeaders,
  deliverySchema,
  type EventPlace,
  namedBytes,
} from './delivery.js';
import { RecordSchemaError } from './record-schema.js';

const place: EventPlace = { partition: 3, offset: '9007199254740993', bytes: 250_000 };

function delivery(body: Delivery['body']): Delivery {
  return {
    deliveryId: 'd',
    eventId: 'e',
    endpointId: 'p',
    organizationId: 'o',
    eventType: 'interview_completed',
    createdAt: '2026-01-15T14:30:00.000Z',
    round: 0,
    step: 1,
    trigger: 'automatic',
    dueAt: '2026-01-15T14:30:00.000Z',
    body,
  };
}

describe('the record of a delivery', () => {
  it.each([
    ['its body', '{"a":"ž"}'],
    ['the place of its event', place],
  ])('holds %s', (_, body) => {
    expect(deliverySchema.decode(deliverySchema.encode(delivery(body)))).toEqual(delivery(body));
  });

  it.each([
    undefined,
    null,
    7,
    [],
    {},
    { ...place, partition: -1 },
    { ...place, partition: '3' },
    { ...place, offset: 12 },
    { ...place, offset: '-1' },
    { ...place, offset: '1e3' },
    { ...place, bytes: 0.5 },
    { ...place, bytes: undefined },
  ])('is refused when its body is neither: %j', (body) => {
    const bytes = deliverySchema.encode(delivery(body as string));
    expect(() => deliverySchema.decode(bytes)).toThrow(RecordSchemaError);
  });

  it('says in a header how large a body is that it names', () => {
    expect(deliveryHeaders(delivery(place))).toMatchObject({ 'body-bytes': '250000' });
    expect(deliveryHeaders(delivery('{}'))).not.toHaveProperty('body-bytes');
  });
});

describe('the size of a body', () => {
  it('is that of its UTF-8, wherever the body is', () => {
    expect([delivery('ž'), delivery(place)].map(bodyBytes)).toEqual([2, 250_000]);
    expect([delivery('ž'), delivery(place)].map(namedBytes)).toEqual([0, 250_000]);
  });
});
