/**
 * A value as canonical JSON (RFC 8785): the same text for the same value, wherever it was stored and by whatever it was
 * read. Strings and numbers are as `JSON.stringify` writes them, which is what the RFC demands; the keys of objects are
 * in the order of their UTF-16 code units.
 * @param value of what JSON has alone; fields that are undefined are left out.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`).join(',')}}`;
}
