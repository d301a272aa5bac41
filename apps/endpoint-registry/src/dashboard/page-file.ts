/** A file of the page, and whether browsers may cache it for ever. */
export interface PageFile {
  readonly path: string;
  /** Its name contains a hash of its content. */
  readonly immutable: boolean;
}

const ASSET = /^assets\/[\w-]+\.[\w.-]+$/;

/**
 * The file for a path below `/dashboard/`. Every path except those of assets is a route of the single-page
 * application and gets its page.
 */
export function pageFile(path: string): PageFile {
  return ASSET.test(path) ? { path, immutable: true } : { path: 'index.html', immutable: false };
}
