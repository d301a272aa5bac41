import type { Endpoint } from '../api/types.js';
import { endpointName } from './endpoint-name.js';

const ID = '0b0e7a52-0000-4000-8000-000000000000';

describe('the name of an endpoint', () => {
  it('is its address', () => {
    const data = [{ id: ID, url: 'https://receiver.example/hook' } as Endpoint];
    expect(endpointName({ data, error: null }, ID)).toBe('receiver.example/hook');
  });

  it('says that it was deleted only where it is known to be none of the endpoints', () => {
    expect(endpointName({ data: [], error: null }, ID)).toBe('A deleted endpoint');
    expect(endpointName({ data: undefined, error: null }, ID)).toBe('…');
    expect(endpointName({ data: undefined, error: new Error('forbidden') }, ID)).toBe('Endpoint 0b0e7a52…');
  });
});
