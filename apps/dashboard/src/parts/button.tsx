import type { ButtonHTMLAttributes } from 'react';

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly variant?: 'primary' | 'plain' | 'danger';
  /** The action is in progress: the button cannot be pressed again, and keeps its width. */
  readonly busy?: boolean;
}

export function Button({ variant = 'plain', busy = false, type = 'button', children, ...rest }: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      className={`button ${variant}`}
      aria-busy={busy}
      disabled={busy || rest.disabled}
    >
      {busy && <span className="spinner" aria-hidden="true" />}
      <span className="button-label">{children}</span>
    </button>
  );
}
