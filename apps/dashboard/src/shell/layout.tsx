import { type ReactNode, useEffect, useRef } from 'react';
import { Link, useLocation } from 'wouter';

import { Icon, type IconName } from '../parts/icon.js';
import { useSession } from '../session/session.js';
import { Logo } from './logo.js';
import { OutOfDate } from './out-of-date.js';
import { toggleTheme, useTheme } from './theme.js';

const PLACES: readonly { path: string; name: string; icon: IconName }[] = [
  { path: '/', name: 'Overview', icon: 'chart' },
  { path: '/deliveries', name: 'Deliveries', icon: 'send' },
  { path: '/events', name: 'Events', icon: 'bolt' },
  { path: '/endpoints', name: 'Endpoints', icon: 'server' },
  { path: '/changes', name: 'Changes', icon: 'clock' },
];

/** The frame of every page: navigation, theme, sign-out. */
export function Layout({ children }: { readonly children: ReactNode }) {
  const [location] = useLocation();
  const { signOut } = useSession();
  const theme = useTheme();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);

  // After a navigation, screen readers and the keyboard continue at the new page, as they would without
  // scripts.
  useEffect(() => {
    if (first.current) first.current = false;
    else {
      main.current?.focus({ preventScroll: true });
      window.scrollTo(0, 0);
    }
  }, [location]);

  const other = theme === 'dark' ? 'light' : 'dark';
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to content
      </a>
      <header className="bar">
        <Logo />
        <nav aria-label="Main">
          <ul>
            {PLACES.map(({ path, name, icon }) => {
              const here = path === '/' ? location === '/' : location.startsWith(path);
              return (
                <li key={path}>
                  <Link href={path} aria-current={here ? 'page' : undefined}>
                    <Icon name={icon} />
                    {name}
                  </Link>
                </li>
              );
            })}
          </ul>
        </nav>
        <div className="bar-tools">
          <button
            type="button"
            className="icon-button"
            onClick={toggleTheme}
            aria-label={`Switch to ${other} theme`}
          >
            <Icon name={theme === 'dark' ? 'sun' : 'moon'} />
          </button>
          <button type="button" className="icon-button" onClick={() => signOut()} aria-label="Sign out">
            <Icon name="exit" />
          </button>
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
      <OutOfDate />
    </div>
  );
}
