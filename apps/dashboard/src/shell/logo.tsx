/** The mark and the name. */
export function Logo() {
  return (
    <span className="logo">
      <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
        <rect width="32" height="32" rx="8" className="logo-tile" />
        <path
          d="M9 20.5c0 2 1.8 3 4 3 2.700 0 4-1.500 4-3.200 0-4.300-7.500-2.600-7.500-7.300 0-2.200 1.700-4.500 4.900-4.500 2.300 0 3.800 1 4.300 2.300"
          className="logo-line"
        />
        <circle cx="22.500" cy="21" r="2.500" className="logo-dot" />
      </svg>
      <span className="logo-name">
        Skillora <span>Webhooks</span>
      </span>
    </span>
  );
}
