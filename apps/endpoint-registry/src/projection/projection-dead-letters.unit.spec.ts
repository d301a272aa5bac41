import { isFaultOfData } from './projection-dead-letters.js';

const databaseError = (code: string, message = 'x'): Error => Object.assign(new Error(message), { code });

describe('an error of the projection is the fault of a record', () => {
  it.each([
    ['a value does not fit its column', databaseError('22001')],
    ['a constraint is violated', databaseError('23505')],
    ['an index cannot hold its value', databaseError('54000')],
    ['our code did not expect it', new TypeError('x is undefined')],
  ])('when %s', (_, error) => expect(isFaultOfData(error)).toBe(true));

  it.each([
    ['PostgreSQL is away', databaseError('57P01')],
    ['the connection broke', new Error('Connection terminated unexpectedly')],
    ['a lock took too long', databaseError('55P03')],
    ['a statement took too long', databaseError('57014')],
    ['the disk is full', databaseError('53100')],
    ['a table is missing', databaseError('42P01')],
    ['a row has no partition', databaseError('23514', 'no partition of relation "events" found for row')],
    ['the database went back in time', new Error('the database went back in time')],
    ['a connection is refused', databaseError('ECONNREFUSED')],
  ])('but not when %s', (_, error) => expect(isFaultOfData(error)).toBe(false));
});
