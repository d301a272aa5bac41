import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import * as contracts from './index.js';
import type { RecordSchema } from './record-schema.js';

/**
 * Records as releases have written them, a line each, by schema and version. Lines are added, never changed:
 * they stand for what is on the log, and is read for ever.
 */
const RECORDED = fileURLToPath(new URL('../recorded/', import.meta.url));

const schemas = (Object.values(contracts) as unknown[]).filter(isSchema);

function isSchema(value: unknown): value is RecordSchema<object> {
  return typeof value === 'object' && value !== null && 'decode' in value && 'version' in value;
}

describe('records of former releases', () => {
  it('are there of every version of every schema', () => {
    const wanted = schemas.flatMap(({ name, version }) =>
      Array.from({ length: version }, (_, index) => `${name}.${index + 1}.jsonl`),
    );
    expect(wanted.length).toBeGreaterThanOrEqual(7);
    expect(readdirSync(RECORDED).sort()).toEqual(wanted.sort());
  });

  it.each(schemas.map((schema) => [schema.name, schema] as const))(
    'of %s are read, with all that they say, and written as they were',
    (name, schema) => {
      for (let version = 1; version <= schema.version; version += 1) {
        const lines = readFileSync(`${RECORDED}${name}.${version}.jsonl`, 'utf8').trimEnd().split('\n');
        for (const line of lines) {
          const read = schema.decode(Buffer.from(line));
          expect(read).toEqual(JSON.parse(line));
          if (version === schema.version) expect(schema.encode(read).toString()).toBe(line);
        }
      }
    },
  );
});
