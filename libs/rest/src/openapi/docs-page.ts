import type {
  DocumentedOperation,
  DocumentedParameter,
  DocumentedResponse,
  OpenApiDocument,
} from './document.js';
import type { JsonSchema } from './json-schema.js';

/** The page's inline style sheet. */
export const STYLE = `
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem}
h2{margin-top:3rem;border-bottom:1px solid}
article{margin:1.5rem 0;padding:.5rem 1rem;border:1px solid #8886;border-radius:.5rem}
h3{margin:.5rem 0}
h4{margin:1rem 0 .25rem}
code,pre{font:14px/1.4 ui-monospace,monospace}
pre{overflow:auto;padding:.5rem;background:#8882;border-radius:.25rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.25rem .5rem;border-bottom:1px solid #8884}
summary{cursor:pointer}
`;

/** Renders a document as one page of plain HTML, without scripts and without external resources. */
export function docsPage({ info, servers, tags, paths, components }: OpenApiDocument): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const sections = tags.map(({ name, description }) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(name));
    return `<section id="${escape(name)}"><h2>${escape(name)}</h2>${paragraphs(description)}${own
      .map(({ path, method, operation }) => article(method, path, operation))
      .join('')}</section>`;
  });
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) =>
      `<article id="schema-${escape(name)}"><h3>${escape(name)}</h3>${schemaDetails(schema)}</article>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(info.title)}</title><style>${STYLE}</style></head><body>
<header><h1>${escape(info.title)}</h1><p>Version ${escape(info.version)}, at <code>${escape(servers[0]?.url ?? '')}</code>.
For machines: <a href="../openapi.json">openapi.json</a>.</p>${paragraphs(info.description)}
<nav><ul>${tags.map(({ name }) => `<li><a href="#${escape(name)}">${escape(name)}</a></li>`).join('')}
<li><a href="#schemas">Schemas</a></li></ul></nav></header>
<main>${sections.join('')}<section id="schemas"><h2>Schemas</h2>${schemas.join('')}</section></main>
</body></html>`;
}

function article(method: string, path: string, operation: DocumentedOperation): string {
  const { operationId, summary, description = '', security, parameters, requestBody, responses } = operation;
  const scopes = security.flatMap((each) => Object.values(each).flat());
  const bodies = Object.entries(requestBody?.content ?? {}).map(
    ([mediaType, { schema, examples = {} }]) =>
      `<details><summary><code>${escape(mediaType)}</code></summary>${schemaDetails(schema)}${Object.values(
        examples,
      )
        .map(({ value }) => example(value))
        .join('')}</details>`,
  );
  return `<article id="${escape(operationId)}"><h3><code>${method.toUpperCase()} ${escape(path)}</code></h3>
<p><strong>${escape(summary)}.</strong> ${
    scopes.length === 0 ? 'Needs no token.' : `Scope <code>${escape(scopes.join(' '))}</code>.`
  }</p>${paragraphs(description)}
${parameters.length === 0 ? '' : `<h4>Parameters</h4>${parameterTable(parameters)}`}
${bodies.length === 0 ? '' : `<h4>Body</h4>${bodies.join('')}`}
<h4>Answers</h4>${Object.entries(responses)
    .map(([status, response]) => answer(status, response))
    .join('')}</article>`;
}

function parameterTable(parameters: readonly DocumentedParameter[]): string {
  const rows = parameters.map(
    ({ name, in: where, description = '', schema }) =>
      `<tr><td><code>${escape(name)}</code></td><td>${where}</td><td>${typeText(schema)} ${escape(description)}</td></tr>`,
  );
  return `<table>${rows.join('')}</table>`;
}

function answer(status: string, { description, headers = {}, content = {} }: DocumentedResponse): string {
  const told = Object.entries(headers).map(
    ([name, header]) => `<li><code>${escape(name)}</code>: ${escape(header.description)}</li>`,
  );
  const bodies = Object.values(content).map(
    ({ schema, examples = {} }) =>
      `<p>${typeText(schema)}</p>${Object.values(examples)
        .map(({ value }) => example(value))
        .join('')}`,
  );
  return `<details><summary><code>${status}</code> ${escape(description)}</summary>${
    told.length === 0 ? '' : `<ul>${told.join('')}</ul>`
  }${bodies.join('')}</details>`;
}

function schemaDetails(schema: JsonSchema): string {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>);
  const required = (schema['required'] ?? []) as readonly string[];
  const rows = properties.map(([name, property]) => {
    const description = typeof property['description'] === 'string' ? escape(property['description']) : '';
    const always = required.includes(name) ? '' : ' <em>optional</em>';
    return `<tr><td><code>${escape(name)}</code>${always}</td><td>${typeText(property)} ${description}</td></tr>`;
  });
  const description = typeof schema['description'] === 'string' ? paragraphs(schema['description']) : '';
  return `${description}${rows.length === 0 ? `<p>${typeText(schema)}</p>` : `<table>${rows.join('')}</table>`}`;
}

/** A short description of a schema. */
function typeText(schema: JsonSchema): string {
  const {
    $ref,
    type,
    anyOf,
    items,
    enum: words,
    format,
  } = schema as {
    $ref?: string;
    type?: string | string[];
    anyOf?: JsonSchema[];
    items?: JsonSchema;
    enum?: unknown[];
    format?: string;
  };
  if ($ref !== undefined) {
    const name = escape($ref.split('/').at(-1) ?? '');
    return `<a href="#schema-${name}">${name}</a>`;
  }
  if (anyOf && type === undefined) return anyOf.map(typeText).join(' or ');
  if (words) return words.map((each) => `<code>${escape(JSON.stringify(each))}</code>`).join(', ');
  const kind = [type ?? 'anything'].flat().join(' or ');
  const inner = items ? ` of ${typeText(items)}` : '';
  const limits = ['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'default']
    .filter((each) => each in schema)
    .map((each) => `${each} ${String(schema[each])}`);
  return (
    escape([kind, format].filter((each) => each !== undefined).join(', ')) +
    inner +
    (limits.length === 0 ? '' : ` (${escape(limits.join(', '))})`)
  );
}

function example(value: unknown): string {
  return `<pre>${escape(JSON.stringify(value, null, 2))}</pre>`;
}

/** Paragraphs of text; backticks mark code. */
function paragraphs(text: string): string {
  if (text === '') return '';
  return text
    .split('\n\n')
    .map((each) => `<p>${escape(each).replace(/`([^`]+)`/g, '<code>$1</code>')}</p>`)
    .join('');
}

function escape(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (each) => entities[each] ?? each);
}
