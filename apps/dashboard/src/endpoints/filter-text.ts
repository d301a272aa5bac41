import type { EventFilter } from '../api/types.js';

/** What a visitor wrote: a filter, none, or what is wrong with it. */
export type WrittenFilter = { readonly filter: EventFilter | null } | { readonly problem: string };

/** A filter as a visitor edits it; empty for none. */
export function filterText(filter: EventFilter | null): string {
  return filter === null ? '' : JSON.stringify(filter, null, 2);
}

/** Reads what a visitor wrote. Whether it is a filter is for the API to say; that it is JSON must be known before. */
export function readFilterText(text: string): WrittenFilter {
  if (text.trim() === '') return { filter: null };
  try {
    return { filter: JSON.parse(text) as EventFilter };
  } catch (error) {
    return { problem: `This is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}
