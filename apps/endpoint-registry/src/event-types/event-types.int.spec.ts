import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import { EVENT_TYPES, SCOPES } from '@skillora/contracts';
import spectralCore, { type RulesetDefinition } from '@stoplight/spectral-core';
import spectralRulesets from '@stoplight/spectral-rulesets';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

import { ENDPOINT } from '../testing/isolation-matrix.js';
import { RunningRegistry } from '../testing/running-registry.js';
import { asyncApiDocument } from './async-api-document.js';
import type { PresentedEventType } from './event-types.js';

let registry: RunningRegistry;
let token: string;

beforeAll(async () => {
  registry = await RunningRegistry.start();
  ({ token } = await registry.token(await registry.organization(), SCOPES));
});

afterAll(() => registry.stop());

describe('the catalogue of event types', () => {
  it('lists every type with a schema that its example fits, in the form of all lists', async () => {
    const { status, body } = await registry.call('GET', '/api/v1/event-types/', token);
    expect(status).toBe(200);
    const { results, ...links } = body as { results: PresentedEventType[] };
    expect(links).toEqual({ next: null, previous: null });
    expect(results.map(({ name, subscribable }) => [name, subscribable])).toEqual([
      ...EVENT_TYPES.map((type) => [type, true]),
      ['test', false],
    ]);
    for (const { schema, example, description, version } of results) {
      const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
      addFormats.default(ajv);
      expect(ajv.validate(schema, example)).toBe(true);
      expect([description.length > 0, version]).toEqual([true, '1']);
    }
  });

  it('lists under what an endpoint can subscribe to all that it says', async () => {
    const { body } = await registry.call('GET', '/api/v1/event-types/', token);
    for (const { name, subscribable } of (body as { results: PresentedEventType[] }).results) {
      const endpoint = { ...ENDPOINT, events: [name] };
      const { status } = await registry.call('POST', '/api/v1/webhook-endpoints/', token, endpoint);
      expect([name, status]).toEqual([name, subscribable ? 201 : 400]);
    }
  });
});

describe('the documents for generators', () => {
  it('have the requests that receivers get under `webhooks` of the OpenAPI document, which its linter finds no error in', async () => {
    const { body } = await registry.call('GET', '/api/v1/openapi.json', null);
    const { webhooks } = body as { webhooks: Record<string, object> };
    expect(Object.keys(webhooks)).toEqual([...EVENT_TYPES, 'test']);
    const linter = new spectralCore.Spectral();
    // Its type lacks what rules of other authors may have.
    const rules: unknown = spectralRulesets.oas;
    linter.setRuleset(rules as RulesetDefinition);
    const found = await linter.run(JSON.stringify(body));
    expect(
      found
        .filter(({ severity }: { severity: number }) => severity === 0)
        .map(({ code, path, message }) => [code, path.join('.'), message]),
    ).toEqual([]);
  });

  it('have the public topic in the AsyncAPI document, without a token', async () => {
    const { status, body } = await registry.call('GET', '/api/v1/asyncapi.json', null);
    expect([status, body]).toEqual([200, asyncApiDocument()]);
  });
});

describe('a test send with a type', () => {
  it.each([
    [
      'that is unknown',
      { event_type: 'coffee_break' },
      { event_type: [expect.stringContaining('Must be one of interview_completed')] },
    ],
    ['that is no text', { event_type: 7 }, { event_type: [expect.any(String)] }],
    ['in a list', ['interview_completed'], { non_field_errors: [expect.any(String)] }],
  ])('%s is refused by the name of the field', async (_, given, problem) => {
    const made = await registry.call('POST', '/api/v1/webhook-endpoints/', token, {
      ...ENDPOINT,
      url: `https://receiver.example/${randomUUID()}`,
    });
    const { id } = made.body as { id: string };
    const { status, body } = await registry.call(
      'POST',
      `/api/v1/webhook-endpoints/${id}/test/`,
      token,
      given,
    );
    expect([status, body]).toEqual([400, problem]);
  });
});
