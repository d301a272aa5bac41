import type { Change } from '../api/types.js';
import { actionName, actorName, changedFields, fieldName, objectName } from './change-names.js';

const ID = '123e4567-e89b-12d3-a456-426614174000';
const change = (fields: Partial<Change>): Change => ({
  id: ID,
  number: 7,
  created_at: '2024-01-15T14:30:00.000Z',
  actor: { type: 'token', id: ID, name: 'their backend' },
  address: '203.0.113.7',
  request_id: 'r-1',
  action: 'endpoint.updated',
  object_type: 'endpoint',
  object_id: ID,
  before: null,
  after: null,
  previous_hash: '0'.repeat(64),
  hash: '1'.repeat(64),
  ...fields,
});
const known = { data: [], error: null };

describe('who did it', () => {
  it('is a token, an operator, or the service itself', () => {
    expect(actorName({ type: 'token', id: ID, name: 'CI' })).toBe('Token “CI”');
    expect(actorName({ type: 'token', id: ID, name: null })).toBe('Token 123e4567…');
    expect(actorName({ type: 'operator', id: null, name: 'alice' })).toBe('Operator “alice”');
    expect(actorName({ type: 'operator', id: null, name: null })).toBe('Operator');
    expect(actorName({ type: 'service', id: null, name: 'retention' })).toBe('The service itself: retention');
  });

  it('cannot be forged by the name of a token', () => {
    expect(actorName({ type: 'token', id: ID, name: 'Operator' })).toBe('Token “Operator”');
  });
});

describe('what it was done to', () => {
  it('is named by the entry where the object is gone, and else by what is known now', () => {
    const url = { url: 'https://a.example/hook' };
    expect(objectName(change({ before: url, after: { url: 'https://b.example/hook' } }), known)).toBe(
      'b.example/hook',
    );
    expect(objectName(change({ before: { is_active: true }, after: { is_active: false } }), known)).toBe(
      'A deleted endpoint',
    );
    expect(objectName(change({ object_type: 'token', after: { name: 'CI' } }), known)).toBe('CI');
    expect(objectName(change({ object_type: 'delivery' }), known)).toBe('Delivery 123e4567…');
  });
});

describe('what changed', () => {
  it('names the fields that differ, without the version that counts them', () => {
    const before = { url: 'a', version: 1, status: 'failed', secret: { fingerprint: 'a' } };
    const after = { endpoint_id: ID, url: 'b', version: 2, status: 'failed', secret: { fingerprint: 'b' } };
    expect(changedFields(change({ before, after }))).toBe('URL, Secret');
    expect(changedFields(change({ before: null, after }))).toBe('');
  });
});

it('an action or a field that this page does not know is shown as it is', () => {
  expect([actionName('endpoint.knighted'), fieldName('coat_of_arms'), fieldName('toString')]).toEqual([
    'endpoint.knighted',
    'coat_of_arms',
    'toString',
  ]);
  expect([actionName('endpoint.updated'), fieldName('url')]).toEqual(['Endpoint changed', 'URL']);
});
