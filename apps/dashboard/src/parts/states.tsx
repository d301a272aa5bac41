import type { ReactNode } from 'react';

import { Problem } from '../api/problem.js';
import { Button } from './button.js';
import { Icon } from './icon.js';

/** An empty state, and what to do about it. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="state">
      <Icon name="inbox" />
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** An error: what could not be read, why, and a button to try again if that can help. */
export function Failed({
  error,
  retry,
  action = 'Try again',
}: {
  readonly error: unknown;
  readonly retry?: () => void;
  /** The text of the button that opens it. */
  readonly action?: string;
}) {
  const { title, text, final } = explain(error);
  return (
    <div className="state" role="alert">
      <Icon name="warning" />
      <h2>{title}</h2>
      <p className="muted">{text}</p>
      {retry && !final && (
        <Button onClick={retry}>
          <Icon name="retry" /> {action}
        </Button>
      )}
    </div>
  );
}

function explain(error: unknown): { title: string; text: string; final: boolean } {
  const text = error instanceof Error ? error.message : '';
  const status = error instanceof Problem ? error.status : null;
  if (status === 404) {
    const why = 'It may have been deleted, or the address is wrong.';
    return { title: 'This does not exist', text: why, final: true };
  }
  if (status === 403) return { title: 'Your token does not allow this', text, final: true };
  return { title: 'This could not be loaded', text, final: false };
}

/** Placeholders for rows that are being loaded, with the height of the rows. */
export function LoadingRows({ rows, what }: { readonly rows: number; readonly what: string }) {
  return (
    <div role="status" aria-label={`Loading ${what}`}>
      <ul className="rows" aria-hidden="true">
        {Array.from({ length: rows }, (_, index) => (
          <li key={index} className="row skeleton-row">
            <span className="skeleton" />
            <span className="skeleton" />
            <span className="skeleton" />
          </li>
        ))}
      </ul>
    </div>
  );
}

/** A placeholder for a block that is being loaded. */
export function LoadingBlock({ what, tall = false }: { readonly what: string; readonly tall?: boolean }) {
  return (
    <div className={`skeleton block ${tall ? 'tall' : ''}`} role="status" aria-label={`Loading ${what}`} />
  );
}
