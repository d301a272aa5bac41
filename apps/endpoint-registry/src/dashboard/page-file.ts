/** A file of the page, and whether it may be kept for ever. */
export interface PageFile {
  readonly path: string;
  /** Its name has a hash of what is in it. */
  readonly immutable: boolean;
}

const ASSET = /^assets\/[\w-]+\.[\w.-]+$/;

/**
 * The file a path below `/dashboard/` asks for. Every path but those of assets is a place within the page, which finds
 * its way itself.
 */
export function pageFile(path: string): PageFile {
  return ASSET.test(path) ? { path, immutable: true } : { path: 'index.html', immutable: false };
}
