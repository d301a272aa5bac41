const PATHS = {
  chart: 'M4 20V10m6 10V4m6 16v-7m4 7H2',
  send: 'M21 3 10 14M21 3l-7 18-4-7-7-4 18-7Z',
  bolt: 'M13 2 4 14h7l-1 8 9-12h-7l1-8Z',
  server: 'M4 4h16v6H4zM4 14h16v6H4zM8 7h.01M8 17h.01',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2v2m0 16v2M4.900 4.900l1.400 1.400m11.400 11.400 1.400 1.400M2 12h2m16 0h2M4.900 19.100l1.400-1.400M17.700 6.300l1.400-1.400',
  moon: 'M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500Z',
  exit: 'M15 4h4v16h-4M10 8l-4 4 4 4m-4-4h10',
  plus: 'M12 5v14M5 12h14',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  check: 'm5 12 5 5L20 7',
  close: 'M6 6l12 12M18 6 6 18',
  retry: 'M4 12a8 8 0 1 1 2.500 5.800M4 12V6m0 6h6',
  warning: 'M12 3 2 20h20L12 3Zm0 7v4m0 3h.01',
  inbox: 'M3 13l3-8h12l3 8v6H3v-6Zm0 0h5l1 3h6l1-3h5',
  clock: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Zm0 4v5l3 2',
  back: 'M14 6l-6 6 6 6',
  forward: 'm10 6 6 6-6 6',
} as const;

export type IconName = keyof typeof PATHS;

/** A decorative drawing beside a text with the same meaning. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" width="18" height="18" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
