import type { Draft } from '../chain.js';

/** What a change of an endpoint could say. */
export function draft(more: Partial<Draft> = {}): Draft {
  return {
    actor: { type: 'token', id: '7b0f4d3e-3f0a-4c53-9d58-1b1d3ad0a111', name: 'a test' },
    address: '192.0.2.1',
    request_id: 'request-1',
    action: 'endpoint.updated',
    object_type: 'endpoint',
    object_id: '0b0f4d3e-3f0a-4c53-9d58-1b1d3ad0a222',
    before: { description: 'old', version: 1 },
    after: { description: 'new', version: 2 },
    ...more,
  };
}
