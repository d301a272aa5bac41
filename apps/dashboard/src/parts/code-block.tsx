import { CopyButton } from './copy-button.js';

/** An unchanged text, with a button that copies all of it. */
export function CodeBlock({
  text,
  label,
  copyable = text,
}: {
  readonly text: string;
  readonly label: string;
  readonly copyable?: string;
}) {
  return (
    <div className="code">
      <CopyButton text={copyable} label={`Copy ${label}`} />
      <pre tabIndex={0} role="region" aria-label={label}>
        <code>{text}</code>
      </pre>
    </div>
  );
}
