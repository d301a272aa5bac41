import { useEffect, useState } from 'react';

import { Icon } from './icon.js';

/** Copies a text to the clipboard and confirms it. */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const [state, setState] = useState<'idle' | 'copied' | 'refused'>('idle');
  useEffect(() => {
    if (state === 'idle') return;
    const timer = setTimeout(() => setState('idle'), 2_500);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = () =>
    void navigator.clipboard.writeText(text).then(
      () => setState('copied'),
      () => setState('refused'),
    );
  return (
    <button type="button" className="button small" onClick={copy} aria-label={label}>
      <Icon name={state === 'copied' ? 'check' : 'copy'} />
      <span className="copy-label">{{ idle: 'Copy', copied: 'Copied', refused: 'Failed' }[state]}</span>
      <span className="visually-hidden" role="status">
        {state === 'copied' ? 'Copied to the clipboard' : ''}
      </span>
    </button>
  );
}
