import 'reflect-metadata';

import type { OpenApiDocument } from '@skillora/rest';

import { RunningRegistry } from './testing/running-registry.js';

let registry: RunningRegistry;

beforeAll(async () => {
  registry = await RunningRegistry.start({ PUBLIC_URL: 'https://hooks.example/' });
});

afterAll(() => registry.stop());

it('every route of the running application is in its OpenAPI document, and no other', async () => {
  const { status, body } = await registry.call('GET', '/api/v1/openapi.json', null);
  expect(status).toBe(200);
  const { paths, servers, tags } = body as OpenApiDocument;
  const documented = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const answered = registry.routes
    .filter((route) => route.includes(' /api/'))
    .map((route) => route.replace(/\/$/, '').replace(/:(\w+)/g, '{$1}'));
  expect(documented.map((each) => each.replace(/\/$/, '')).sort()).toEqual(answered.sort());
  expect(servers).toEqual([{ url: 'https://hooks.example' }]);
  const used = Object.values(paths).flatMap((methods) => Object.values(methods).flatMap((each) => each.tags));
  expect(new Set(used)).toEqual(new Set(tags.map(({ name }) => name)));
});
