import { type RawHeader, textHeader } from './record-headers.js';
import { BrokerTest } from '../testing/broker-test.js';

const test = new BrokerTest();

afterEach(() => test.close());

/** What comes back of headers that were written. */
async function passedOn(headers: readonly RawHeader[]): Promise<readonly RawHeader[]> {
  const topic = await test.topic();
  const producer = await test.producer();
  await producer.send([{ topic, key: null, value: Buffer.from('x'), headers }]);
  const [record] = await test.read(topic, 1);
  // Written once more as they were read, as a dead letter is.
  await producer.send([{ topic, key: null, value: Buffer.from('y'), headers: record?.headerList ?? [] }]);
  const [, again] = await test.read(topic, 2);
  expect(again?.headerList).toEqual(record?.headerList);
  return record?.headerList ?? [];
}

describe('the headers of a record', () => {
  it.each<[string, RawHeader[]]>([
    ['a null value', [{ name: Buffer.from('a'), value: null }, textHeader('b', 'after')]],
    ['an empty value, which is another', [{ name: Buffer.from('a'), value: Buffer.alloc(0) }]],
    [
      'names of what every object has',
      ['constructor', '__proto__', 'toString', 'hasOwnProperty'].map((name) =>
        textHeader(name, `own ${name}`),
      ),
    ],
    ['an empty name', [textHeader('', 'x')]],
    [
      'names that are numbers, not in their order',
      [textHeader('b', '1'), textHeader('2', '2'), textHeader('1', '3')],
    ],
    [
      'one name several times, others between, null among them',
      [
        textHeader('a', '1'),
        textHeader('b', '2'),
        { name: Buffer.from('a'), value: null },
        textHeader('a', '3'),
      ],
    ],
    [
      'names and values that are no UTF-8',
      [{ name: Buffer.from([0xff, 0xfe]), value: Buffer.from([0xc3, 0x28]) }],
    ],
  ])('are written and read as they are: %s', async (_, headers) => {
    expect(await passedOn(headers)).toEqual(headers);
  });

  it('may be tens of thousands without keeping the process busy for long', async () => {
    const headers = Array.from({ length: 50_000 }, (_, index) => textHeader(`h${index}`, ''));
    expect(await passedOn(headers)).toHaveLength(headers.length);
  });
});
