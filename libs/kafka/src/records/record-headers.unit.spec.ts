import { headersByName, type RawHeader, textHeader } from './record-headers.js';

const list: RawHeader[] = [
  textHeader('b', '1'),
  textHeader('constructor', 'own'),
  { name: Buffer.from('b'), value: null },
  textHeader('__proto__', 'mine'),
  textHeader('', 'unnamed'),
  textHeader('7', 'seven'),
];

describe('the headers of a record', () => {
  it('have by name what the record has, and nothing that an object inherits', () => {
    const byName = headersByName(list);
    expect(Object.keys(byName).sort()).toEqual(['', '7', '__proto__', 'b', 'constructor']);
    expect(byName['b']).toEqual([Buffer.from('1'), null]);
    expect(byName['constructor']).toEqual(Buffer.from('own'));
    expect(byName['__proto__']).toEqual(Buffer.from('mine'));
    expect(byName['toString']).toBeUndefined();
  });
});
