import { EachOnce } from './each-once.js';

const at = (partition: number, offset: number) => ({
  topic: 'results',
  partition,
  message: { offset: String(offset) },
});

it('records that are read again are told from those that are new, in each partition', () => {
  const once = new EachOnce();
  const read = [at(0, 0), at(0, 1), at(1, 0), at(0, 3), at(0, 1), at(0, 3), at(0, 4), at(1, 0), at(1, 1)];
  expect(read.map((place) => once.isNew(place))).toEqual([
    ...[true, true, true, true],
    ...[false, false, true, false, true],
  ]);
});
