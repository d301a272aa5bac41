import { CursorCodec } from './cursor.js';
import { InvalidFieldsException } from './problems.js';
import {
  choiceParameter,
  pageParameters,
  readQuery,
  timeParameter,
  toPageRequest,
  uuidParameter,
} from './query.js';

const codec = new CursorCodec(['key']);
const readers = {
  ...pageParameters('things', codec),
  id: uuidParameter,
  status: choiceParameter('open', 'done'),
  since: timeParameter,
};

function problemsOf(query: Record<string, unknown>): unknown {
  try {
    readQuery(query, readers);
  } catch (error) {
    if (error instanceof InvalidFieldsException) return Object.keys(error.getResponse() as object);
    throw error;
  }
  return [];
}

describe('a query', () => {
  it('is read, unknown parameters ignored, and of a repeated one the last counts', () => {
    const id = '0B0E9A8C-2F0F-4A47-8D2E-1F6F3F1D2C3B';
    expect(
      readQuery({ id, status: ['open', 'done'], since: '2024-01-15T14:30:00 02:00', x: '1' }, readers),
    ).toEqual({
      id: id.toLowerCase(),
      status: 'done',
      since: new Date('2024-01-15T12:30:00Z'),
    });
  });

  it('has a page size of 50 unless it names one', () => {
    expect(toPageRequest(readQuery({}, readers))).toEqual({ size: 50, cursor: null });
    expect(toPageRequest(readQuery({ page_size: '200' }, readers)).size).toBe(200);
  });

  it.each([
    ['page_size', '0'],
    ['page_size', '201'],
    ['page_size', '1.5'],
    ['page_size', ''],
    ['page_size', '1e1'],
    ['cursor', 'abc'],
    ['cursor', ''],
    ['id', '1'],
    ['status', 'Open'],
    ['status', ''],
    ['since', '2024'],
    ['since', '2024-01-15T14:30:00'],
    ['since', '2024-13-15T14:30:00Z'],
    ['since', '2024-02-30'],
  ])('with %s=%p is refused by that name', (name, value) => {
    expect(problemsOf({ [name]: value })).toEqual([name]);
  });

  it('with several bad parameters names all of them', () => {
    expect(problemsOf({ id: 'x', status: 'y' })).toEqual(['id', 'status']);
  });
});
