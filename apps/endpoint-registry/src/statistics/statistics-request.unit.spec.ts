import { InvalidFieldsException } from '@skillora/rest';

import { readStatisticsRequest } from './statistics-request.js';

const NOW = Date.parse('2026-03-04T05:06:07.890Z');
const read = (query: Record<string, unknown>) => readStatisticsRequest(query, NOW);

function problems(query: Record<string, unknown>): unknown {
  try {
    read(query);
  } catch (error) {
    if (error instanceof InvalidFieldsException) return error.getResponse();
    throw error;
  }
  return null;
}

describe('a request for statistics', () => {
  it('asks for the last 60 minutes, the one under way included, unless it says otherwise', () => {
    expect(read({})).toEqual({
      interval: 'minute',
      since: Date.parse('2026-03-04T04:07:00Z'),
      until: Date.parse('2026-03-04T05:07:00Z'),
      endpointId: undefined,
      byEndpoint: false,
    });
  });

  it('is widened to whole buckets', () => {
    const query = { interval: 'hour', since: '2026-03-03T05:30:00Z', until: '2026-03-04T05:30:00Z' };
    expect(read(query)).toMatchObject({
      since: Date.parse('2026-03-03T05:00:00Z'),
      until: Date.parse('2026-03-04T06:00:00Z'),
    });
  });

  it('is refused, naming the parameter, when it is bad', () => {
    expect(Object.keys(problems({ interval: 'week', since: 'noon', endpoint_id: '7' }) as object)).toEqual([
      'interval',
      'since',
      'endpoint_id',
    ]);
    expect(problems({ since: '2026-03-04T05:06:00Z', until: '2026-03-04T05:06:00Z' })).toHaveProperty(
      'since',
    );
  });

  it('is refused when it asks for more than one answer should hold', () => {
    expect(problems({ interval: 'hour', since: '2025-01-01T00:00:00Z' })).toHaveProperty('since');
    expect(problems({ since: '2026-03-04T00:00:00Z' })).toBeNull();
    expect(problems({ since: '2026-03-04T00:00:00Z', group_by: 'endpoint' })).toHaveProperty('since');
  });

  it('is refused when it asks for minutes that are gone', () => {
    expect(problems({ since: '2026-03-01T05:00:00Z', until: '2026-03-01T06:00:00Z' })).toHaveProperty(
      'since',
    );
  });
});
