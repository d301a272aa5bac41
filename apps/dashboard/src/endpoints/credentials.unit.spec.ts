import { authenticationChange, headersChange, NO_EDITS } from './credentials.js';

describe('edited headers', () => {
  it('are not in the request when none is edited, because an empty object removes all', () => {
    expect(headersChange(NO_EDITS)).toBeUndefined();
    expect(headersChange({ added: [{ name: '', value: '' }], removed: [] })).toBeUndefined();
  });

  it('are set and removed by name, and one that is both is set', () => {
    const added = [
      { name: 'X-New', value: 'a' },
      { name: 'x-old', value: 'b' },
    ];
    expect(headersChange({ added, removed: ['X-Gone', 'X-Old'] })).toEqual({
      'X-Gone': null,
      'X-New': 'a',
      'x-old': 'b',
    });
  });

  it('with a name or a value alone are sent, so that the API says what is missing', () => {
    expect(headersChange({ added: [{ name: 'X-New', value: '' }], removed: [] })).toEqual({ 'X-New': '' });
  });
});

describe('edited authentication', () => {
  const basic = { type: 'basic', username: 'me' } as const;

  it('is not in the request when nothing changes', () => {
    expect(authenticationChange({ type: 'none' }, { type: 'none' })).toBeUndefined();
    expect(authenticationChange(basic, { ...basic, password: '' })).toBeUndefined();
  });

  it('is whole when anything changes, with the fields of its type alone', () => {
    expect(authenticationChange(basic, { ...basic, password: 'new', token: 'typed before' })).toEqual({
      ...basic,
      password: 'new',
    });
    expect(authenticationChange(basic, { ...basic, username: 'you' })).toEqual({
      type: 'basic',
      username: 'you',
    });
    expect(authenticationChange(basic, { ...basic, type: 'none' })).toEqual({ type: 'none' });
    const oauth2 = {
      type: 'oauth2_client_credentials',
      token_url: 'https://a.example/',
      client_id: 'b',
    } as const;
    expect(authenticationChange({ ...oauth2, scope: 'a' }, { ...oauth2, scope: '' })).toEqual(oauth2);
  });
});
