import type { EndpointState, SealedClientCredentials } from '@skillora/contracts';
import { credentialContext, headerContext, SecretBox } from '@skillora/signing';

import { signedRequest } from '../attempt/signed-request.js';
import type { PostOutcome } from '../http/webhook-poster.js';
import { AuthorizedPoster } from './authorized-poster.js';
import { EndpointOptions, NO_OPTIONS } from './request-options.js';

const ID = '123e4567-e89b-12d3-a456-426614174000';
const box = SecretBox.fromSetting(Buffer.alloc(32, 1).toString('base64'));
const PLAIN: EndpointState = {
  id: ID,
  organizationId: ID,
  version: 1,
  url: 'https://receiver.example/hook',
  events: ['interview_completed'],
  isActive: true,
  sealedSecret: box.seal('a signing secret', ID),
};
const sealedHeader = (name: string, value: string) => ({
  name,
  sealedValue: box.seal(value, headerContext(ID, name)),
});
const BASIC: EndpointState = {
  ...PLAIN,
  headers: [sealedHeader('X-Gateway', 'a value for a gateway'), sealedHeader('accept', 'text/plain')],
  authentication: {
    type: 'basic',
    username: 'jürgen',
    sealedPassword: box.seal('pass: word', credentialContext(ID, 'sealedPassword')),
  },
};

describe('the options of an endpoint', () => {
  it('that asks for none are not opened, and are always the same', () => {
    expect(new EndpointOptions(null as unknown as SecretBox).of(PLAIN)).toBe(NO_OPTIONS);
  });

  it('are opened once for each version', () => {
    const options = new EndpointOptions(box);
    const opened = options.of(BASIC);
    expect(options.of(BASIC)).toBe(opened);
    expect(options.of({ ...BASIC, version: 2 })).not.toBe(opened);
    expect(opened).toMatchObject({
      headers: {
        'X-Gateway': 'a value for a gateway',
        accept: 'text/plain',
        // RFC 7617, in UTF-8.
        Authorization: `Basic ${Buffer.from('jürgen:pass: word').toString('base64')}`,
      },
      headerNames: ['X-Gateway', 'accept', 'Authorization'],
      clientCredentials: null,
    });
  });

  it('have the token of the type bearer, and the credentials that a token is asked for with', () => {
    const options = new EndpointOptions(box);
    const sealedToken = box.seal('abc', credentialContext(ID, 'sealedToken'));
    expect(options.of({ ...PLAIN, authentication: { type: 'bearer', sealedToken } }).headers).toEqual({
      Authorization: 'Bearer abc',
    });
    const sealedClientSecret = box.seal('hush', credentialContext(ID, 'sealedClientSecret'));
    const authentication: SealedClientCredentials = {
      type: 'oauth2_client_credentials',
      tokenUrl: 'https://login.example/',
      clientId: 'me',
      sealedClientSecret,
      scope: 'a',
    };
    expect(options.of({ ...PLAIN, authentication })).toMatchObject({
      headers: {},
      headerNames: ['Authorization'],
      clientCredentials: {
        tokenUrl: 'https://login.example/',
        clientId: 'me',
        clientSecret: 'hush',
        scope: 'a',
      },
    });
  });

  it('that were sealed for another field, name or endpoint do not open', () => {
    const [first] = BASIC.headers ?? [];
    const exchanged: EndpointState[] = [
      { ...PLAIN, headers: [{ name: 'X-Other', sealedValue: first!.sealedValue }] },
      { ...PLAIN, headers: [{ name: 'X-Gateway', sealedValue: PLAIN.sealedSecret }] },
      { ...PLAIN, authentication: { type: 'bearer', sealedToken: first!.sealedValue } },
      { ...BASIC, id: '00000000-0000-0000-0000-000000000000' },
    ];
    for (const each of exchanged) expect(() => new EndpointOptions(box).of(each)).toThrow('does not open');
  });
});

describe('a request with extra headers', () => {
  const delivery = { deliveryId: 'd', eventId: 'e', eventType: 'interview_completed', body: '{}' } as const;
  const secrets = { current: 'a signing secret', former: [] };
  const options = new EndpointOptions(box).of(BASIC);
  const startedAt = new Date();
  const request = signedRequest(delivery, BASIC, secrets, startedAt, 1, options.headers);

  it('has them beside ours, and its own Accept in the place of ours', () => {
    const plain = signedRequest(delivery, BASIC, secrets, startedAt, 1);
    const { Accept: _, ...others } = plain.headers;
    expect(request.headers).toEqual({ ...others, ...options.headers });
  });

  it('leaves none of their values in what is kept of the answer', async () => {
    const echo: PostOutcome = {
      ...{ durationMs: 1, requestSent: true, responseStatus: 500, remoteAddress: null },
      ...{
        timingsMs: { dns: null, connect: null, tls: null, firstByte: 1 },
        retryAfterMs: null,
        gone: false,
      },
      responseBody: JSON.stringify(request.headers),
      responseHeaders: { 'x-echo': 'a value for a gateway' },
      error: 'http_status',
      errorDetail: 'The endpoint answered with status 500.',
    };
    const poster = new AuthorizedPoster({ post: () => Promise.resolve(echo) }, null as never, 1_000);
    const { responseBody, responseHeaders } = await poster.post({
      ...{ endpointId: ID, options, request, asked: false, another: () => Promise.resolve(true) },
    });
    expect(responseHeaders).toEqual({ 'x-echo': '***' });
    expect(JSON.parse(responseBody ?? '')).toMatchObject({ 'X-Gateway': '***', Authorization: 'Basic ***' });
  });
});
