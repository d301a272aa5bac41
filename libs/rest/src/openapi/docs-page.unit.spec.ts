import { docsPage } from './docs-page.js';
import type { OpenApiDocument } from './document.js';

it('the page shows what the document says and runs nothing of it', () => {
  const hostile = '<script>alert("1")</script>';
  const document: OpenApiDocument = {
    openapi: '3.1.0',
    info: { title: hostile, version: '1', description: 'With `code`.\n\nAnd more.' },
    servers: [{ url: `https://a.example/"${hostile}` }],
    tags: [{ name: 'things', description: hostile }],
    paths: {
      '/things/': {
        get: {
          operationId: 'list',
          tags: ['things'],
          summary: hostile,
          security: [{ token: ['things:read'] }],
          parameters: [{ name: 'a', in: 'query', required: false, schema: { enum: [hostile] } }],
          responses: {
            200: {
              description: hostile,
              content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } },
            },
          },
        },
      },
    },
    components: {
      schemas: { Thing: { type: 'object', properties: { name: { type: 'string' } } } },
      securitySchemes: {},
    },
  };
  const page = docsPage(document);
  expect(page).not.toContain('<script');
  expect(page).toContain('GET /things/');
  expect(page).toContain('<code>things:read</code>');
  expect(page).toContain('<a href="#schema-Thing">Thing</a>');
  expect(page).toContain('<p>With <code>code</code>.</p><p>And more.</p>');
});
