/**
 * Headers as the database keeps them: one line for each, without a space, because JSON takes more bytes.
 * Characters that would break a line are removed.
 */
export function headerLines(headers: readonly (readonly [name: string, value: string])[]): string {
  return headers
    .map(([name, value]) => `${name.replace(NOT_IN_NAMES, '')}:${value.replace(NOT_IN_VALUES, ' ')}`)
    .join('\n');
}

/** Reads the lines that {@link headerLines} has written. */
export function readHeaderLines(lines: string): Record<string, string> {
  if (lines === '') return {};
  return Object.fromEntries(
    lines.split('\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1)];
    }),
  );
}

const NOT_IN_NAMES = /[:\s\0]/g;
const NOT_IN_VALUES = /[\r\n\0]/g;
