import {
  type BodyLook,
  type BodySurroundings,
  EventBodies,
  type EventLog,
  type PlacedEvent,
} from './event-bodies.js';

const BYTES = 1_000;
const bodyOf = (offset: number | bigint): string => String(offset).padEnd(BYTES, 'ž');
const event = (offset: bigint): PlacedEvent => ({
  offset,
  event: { id: `e${offset}`, body: bodyOf(offset) },
});
const delivery = (offset: number, partition = 0) => ({
  eventId: `e${offset}`,
  body: { partition, offset: String(offset), bytes: Buffer.byteLength(bodyOf(offset)) },
});

/** A log whose readings end when the test says so. @param batch how many events come with one that is asked for. */
function log(batch = 1) {
  const waiting: { readonly place: string; readonly end: (error?: Error) => void }[] = [];
  const looks: BodyLook[] = [];
  const readFrom: EventLog['readFrom'] = ({ partition, offset }) =>
    new Promise((resolve, reject) => {
      waiting.push({
        place: `${partition}/${offset}`,
        end: (error) =>
          error
            ? reject(error)
            : resolve(Array.from({ length: batch }, (_, at) => event(offset + BigInt(at)))),
      });
    });
  const pauses: (() => void)[] = [];
  const surroundings: BodySurroundings = {
    looked: (look) => void looks.push(look),
    unread: () => undefined,
    pause: () => new Promise((resolve) => pauses.push(resolve)),
  };
  return { waiting, looks, readFrom, surroundings, pauses };
}
const settled = async (): Promise<void> => {
  for (let turns = 0; turns < 10; turns += 1) await Promise.resolve();
};

describe('the body of a delivery', () => {
  it('is what the delivery holds, and nothing is read for it', async () => {
    const { waiting, readFrom, surroundings } = log();
    const bodies = new EventBodies({ readFrom }, 100_000, surroundings);
    expect(await bodies.of({ eventId: 'e', body: '{}' })).toBe('{}');
    expect(waiting).toEqual([]);
  });

  it('is read once for all deliveries of an event, at once and later', async () => {
    const { waiting, looks, readFrom, surroundings } = log();
    const bodies = new EventBodies({ readFrom }, 100_000, surroundings);
    const all = Array.from({ length: 100 }, () => Promise.resolve(bodies.of(delivery(7))));
    await settled();
    waiting[0]?.end();
    const [first] = await Promise.all(all);
    expect(first?.toString()).toBe(bodyOf(7));
    expect(await bodies.of(delivery(7))).toBe(first);
    expect([waiting.length, looks]).toEqual([1, ['read', 'kept']]);
  });

  it('is there already when it came with the event before', async () => {
    const { waiting, readFrom, surroundings } = log(3);
    const bodies = new EventBodies({ readFrom }, 100_000, surroundings);
    const both = [7, 9].map((offset) => Promise.resolve(bodies.of(delivery(offset))));
    await settled();
    waiting[0]?.end();
    expect((await Promise.all(both)).map(String)).toEqual([bodyOf(7), bodyOf(9)]);
    expect(waiting.map(({ place }) => place)).toEqual(['0/7']);
  });

  it('is read again when others have taken its room', async () => {
    const { waiting, readFrom, surroundings } = log();
    const bodies = new EventBodies({ readFrom }, 2_500, surroundings);
    for (const [at, offset] of [7, 8, 7].entries()) {
      const body = bodies.of(delivery(offset));
      await settled();
      waiting[at]?.end();
      expect(String(await body)).toBe(bodyOf(offset));
    }
    expect(waiting.map(({ place }) => place)).toEqual(['0/7', '0/8', '0/7']);
  });

  it('waits for one reading at a time of its partition, and for none of others', async () => {
    const { waiting, readFrom, surroundings } = log();
    const bodies = new EventBodies({ readFrom }, 100_000, surroundings);
    const all = [delivery(1), delivery(2), delivery(3, 1)].map((each) => Promise.resolve(bodies.of(each)));
    await settled();
    expect(waiting.map(({ place }) => place)).toEqual(['0/1', '1/3']);
    waiting[0]?.end();
    await settled();
    expect(waiting.map(({ place }) => place)).toEqual(['0/1', '1/3', '0/2']);
    for (const { end } of waiting) end();
    expect((await Promise.all(all)).map(String)).toEqual([1, 2, 3].map(bodyOf));
  });

  it('is null when another event is at the place, or nothing', async () => {
    const { waiting, looks, readFrom, surroundings } = log();
    const bodies = new EventBodies({ readFrom }, 100_000, surroundings);
    const other = bodies.of({ ...delivery(7), eventId: 'another' });
    await settled();
    waiting[0]?.end();
    expect(await other).toBeNull();
    const nothing = new EventBodies({ readFrom: () => Promise.resolve([]) }, 100_000, surroundings);
    expect(await nothing.of(delivery(7))).toBeNull();
    expect(looks).toEqual(['gone', 'gone']);
  });

  it('is read again after a reading that failed, and the readings behind that one go on meanwhile', async () => {
    const { waiting, readFrom, surroundings, pauses } = log();
    const bodies = new EventBodies({ readFrom }, 100_000, surroundings);
    const failing = bodies.of(delivery(1));
    const behind = bodies.of(delivery(2));
    await settled();
    waiting[0]?.end(new Error('no answer'));
    await settled();
    waiting[1]?.end();
    expect(String(await behind)).toBe(bodyOf(2));
    expect(waiting).toHaveLength(2);
    pauses[0]?.();
    await settled();
    waiting[2]?.end();
    expect(String(await failing)).toBe(bodyOf(1));
  });

  it('is not read again once the service ends', async () => {
    const { waiting, readFrom, surroundings } = log();
    const bodies = new EventBodies({ readFrom }, 100_000, surroundings);
    const failing = bodies.of(delivery(1));
    await settled();
    bodies.close();
    waiting[0]?.end(new Error('the service ends'));
    await expect(failing).rejects.toThrow('the service ends');
  });
});
