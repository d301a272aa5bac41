import { useSyncExternalStore } from 'react';

export type Theme = 'light' | 'dark';

const KEPT_AS = 'skillora.theme';
const listeners = new Set<() => void>();
const preference = matchMedia('(prefers-color-scheme: dark)');

function chosen(): Theme | null {
  const kept = localStorage.getItem(KEPT_AS);
  return kept === 'light' || kept === 'dark' ? kept : null;
}

function current(): Theme {
  return chosen() ?? (preference.matches ? 'dark' : 'light');
}

function apply(): void {
  document.documentElement.dataset['theme'] = current();
  for (const listener of listeners) listener();
}

/** Call it before anything is drawn, so that nothing flashes. */
export function startTheme(): void {
  preference.addEventListener('change', apply);
  apply();
}

/** Switches to the other theme for good. Without a choice, the system's preference decides. */
export function toggleTheme(): void {
  const next = current() === 'dark' ? 'light' : 'dark';
  if (next === (preference.matches ? 'dark' : 'light')) localStorage.removeItem(KEPT_AS);
  else localStorage.setItem(KEPT_AS, next);
  apply();
}

export function useTheme(): Theme {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, current);
}
