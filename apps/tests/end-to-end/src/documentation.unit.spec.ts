import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const text = (path: string): string => readFileSync(join(root, path), 'utf8');

/**
 * The files below a folder, as paths from the root of the repository; dependencies and built files are left
 * out.
 */
function filesBelow(folder: string, extension: RegExp): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory())
      return ['node_modules', 'dist'].includes(entry.name) ? [] : filesBelow(path, extension);
    return extension.test(entry.name) ? [path] : [];
  });
}

const decisions = filesBelow('docs/decisions', /^\d\d-.*\.md$/);
const documents = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...filesBelow('docs', /\.md$/)];

/** Markdown without its blocks of code. */
const prose = (markdown: string): string => markdown.replaceAll(/^```.*?^```$/gms, '');

/**
 * The targets of links and pictures, in Markdown and in HTML, without those that lead out of the repository.
 */
function relativeLinks(markdown: string): string[] {
  const targets = [
    ...markdown.matchAll(/\]\(([^()\s]+)(?: "[^"]*")?\)/g),
    ...markdown.matchAll(/^\[[^[\]\n]+\]: (\S+)$/gm),
    ...markdown.matchAll(/\b(?:href|src|srcset)="([^"\s]+)"/g),
  ];
  return targets.map(([, target = '']) => target).filter((target) => !/^[a-z]+:/i.test(target));
}

/** The anchors that GitHub gives the headings of a page: a heading that comes again is numbered. */
function anchors(markdown: string): Set<string> {
  const found = new Set<string>();
  for (const [, heading = ''] of prose(markdown).matchAll(/^#{1,6} (.+)$/gm)) {
    const anchor = heading
      .replaceAll(/\]\([^()\s]+\)/g, '')
      .trim()
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-');
    let unique = anchor;
    for (let again = 1; found.has(unique); again += 1) unique = `${anchor}-${again}`;
    found.add(unique);
  }
  return found;
}

/** What is wrong with a link of a document; null when it leads somewhere. */
function linkProblem(document: string, link: string): string | null {
  const [path = '', anchor] = decodeURIComponent(link).split('#');
  const target = path === '' ? document : relative(root, join(root, dirname(document), path));
  if (target.startsWith('..')) return 'leads out of the repository';
  if (!existsSync(join(root, target))) return 'there is no such file';
  if (anchor === undefined || anchors(text(target)).has(anchor)) return null;
  return 'the page has no such heading';
}

describe('the documentation', () => {
  it.each(documents)('has only links that lead to a file and to a heading of it: %s', (document) => {
    const broken = relativeLinks(prose(text(document)))
      .map((link) => [link, linkProblem(document, link)] as const)
      .filter(([, problem]) => problem !== null);
    expect(broken).toEqual([]);
  });

  it('names a page of decisions in a comment or a text only where there is one', () => {
    const sources = ['apps', 'libs', 'deploy'].flatMap((folder) =>
      filesBelow(folder, /\.(tsx?|mjs|ya?ml|md)$/),
    );
    const named = [...documents, ...sources].flatMap((path) =>
      [...text(path).matchAll(/\bdecisions?[/ ](\d+)/gi)].map(([, number = '']) => [path, number] as const),
    );
    const unknown = named.filter(([, number]) => !decisions.some((page) => page.includes(`/${number}-`)));
    expect(unknown).toEqual([]);
  });
});

describe('a page of decisions', () => {
  it.each(decisions)('says when it was decided, why, and what follows: %s', (page) => {
    const sections = [...text(page).matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    expect(sections).toEqual(['Status', 'Date', 'Context', 'Decision', 'Consequences']);
  });

  it('is in the list of all, under the title that it has', () => {
    const list = text('docs/decisions/README.md');
    const cells = (row: string): string[] => row.split('|').map((cell) => cell.trim());
    const listed = list
      .split('\n')
      .filter((line) => line.startsWith('| ['))
      .map((row) => [...(/\[(\d\d)\]\((\S+)\)/.exec(cells(row)[1] ?? '')?.slice(1) ?? []), cells(row)[2]]);
    const pages = decisions.map((page) => {
      const [, number, title] = /^# (\d\d) (.+)$/m.exec(text(page)) ?? [];
      return [number, page.slice('docs/decisions/'.length), title];
    });
    expect(listed).toEqual(pages.toSorted());
  });
});
