/** What every path begins with: a filter is about the data of the body. */
const ROOT = 'data.';

/**
 * The names that a path goes through below `data`. A dot separates them; `\.` is a dot within a name, and `\\` a
 * backslash.
 * @returns null for a text that is no path.
 */
export function pathSegments(path: string): string[] | null {
  if (!path.startsWith(ROOT)) return null;
  const segments: string[] = [];
  let segment = '';
  for (let at = ROOT.length; at < path.length; at += 1) {
    const character = path.charAt(at);
    if (character === '\\') {
      at += 1;
      const escaped = path.charAt(at);
      if (escaped !== '.' && escaped !== '\\') return null;
      segment += escaped;
    } else if (character === '.') {
      segments.push(segment);
      segment = '';
    } else {
      segment += character;
    }
  }
  segments.push(segment);
  return segments.includes('') ? null : segments;
}
