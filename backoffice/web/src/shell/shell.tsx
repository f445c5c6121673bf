import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { atLeast, useSession } from '../api/session';
import { middle } from '../format/units';
import { useLiveState } from '../live/live';
import { usePool } from '../pools';
import { Outlet, preload, usePlace } from '../router';
import { routes, type Route } from '../routes';
import { Dialog, Toasts } from '../ui/dialog';
import { Select } from '../ui/form';
import { Icon } from '../ui/icon';
import { ThemeSwitch } from './theme-switch';

const inNav = routes.filter(r => r.nav);

const isCurrent = (route: Route, path: string): boolean =>
  route.path === '/' ? path === '/' : path === route.path || path.startsWith(`${route.path}/`);

function NavLink({ route, path, icon }: { route: Route; path: string; icon?: boolean }): VNode {
  return (
    <a
      href={route.path}
      class="nav-link"
      aria-current={isCurrent(route, path) ? 'page' : undefined}
      onPointerEnter={() => preload(route.path)}
    >
      {icon ? <Icon name={route.nav!.icon} /> : null}
      <span>{route.nav!.name}</span>
    </a>
  );
}

/** Where the figures come from at the moment. */
function LiveDot(): VNode {
  const state = useLiveState();
  const [word, tip] =
    state === 'live'
      ? ['Live', 'Figures arrive as they happen']
      : state === 'polling'
        ? ['Polling', 'The live channel cannot be had; figures are asked for now and then']
        : ['Joining', 'Connecting to the live channel'];
  return (
    <span class={`live live-${state}`} title={tip}>
      <span class="live-dot" aria-hidden="true" />
      <span class="live-word">{word}</span>
    </span>
  );
}

/** Which pool is looked at; nothing to choose where there is one. */
function PoolChoice(): VNode | null {
  const { pool, pools, select } = usePool();
  if (!pools || pools.length < 2) return null;
  return (
    <span class="pool-choice">
      <Select
        label="Pool"
        value={pool?.id ?? ''}
        onInput={select}
        options={pools.map(p => ({ value: p.id, name: `${p.symbol} · ${p.id}` }))}
      />
    </span>
  );
}

function Account(): VNode {
  const session = useSession();
  return session.state === 'in' ? (
    <a href="/account" class="nav-link account">
      <Icon name="user" />
      <span title={session.me.name}>{middle(session.me.name, 8, 4)}</span>
    </a>
  ) : (
    <a href="/sign-in" class="nav-link account">
      <Icon name="user" />
      <span>Sign in</span>
    </a>
  );
}

/** For the pool's staff alone. */
function Operator(): VNode | null {
  const { me } = useSession();
  return atLeast(me, 'support') ? (
    <a href="/admin" class="nav-link account">
      <Icon name="shield" />
      <span>Operator</span>
    </a>
  ) : null;
}

function Header({ path, openMenu }: { path: string; openMenu: () => void }): VNode {
  return (
    <header class="top">
      <div class="top-row">
        <a href="/" class="brand" aria-label="Viddhana, home">
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <path d="M5 8l11 17L27 8" />
          </svg>
          <span>viddhana</span>
        </a>
        <nav class="nav" aria-label="Main">
          {inNav.map(r => (
            <NavLink key={r.path} route={r} path={path} />
          ))}
        </nav>
        <div class="top-end">
          <PoolChoice />
          <LiveDot />
          <ThemeSwitch />
          <Operator />
          <Account />
          <button
            type="button"
            class="icon-button menu-button"
            aria-label="Menu"
            aria-haspopup="dialog"
            onClick={openMenu}
          >
            <Icon name="more" />
          </button>
        </div>
      </div>
    </header>
  );
}

/** On phones: the four places where people go, under the thumb. */
function PhoneBar({ path }: { path: string }): VNode {
  return (
    <nav class="phone-bar" aria-label="Shortcuts">
      {inNav
        .filter(r => r.nav!.phone)
        .map(r => (
          <NavLink key={r.path} route={r} path={path} icon />
        ))}
    </nav>
  );
}

function Footer(): VNode {
  return (
    <footer class="foot">
      <span>viddhana</span>
      <nav aria-label="More">
        <a href="/about">About and licences</a> <a href="/openapi/v1.json">API</a>{' '}
        <a href="/api/v1/ledger/audit">Ledger audit</a> <a href="/health">Health</a>
      </nav>
    </footer>
  );
}

export function Shell(): VNode {
  const { path } = usePlace();
  const [isMenuOpen, setMenuOpen] = useState(false);
  useEffect(() => setMenuOpen(false), [path]);
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={event => {
          event.preventDefault();
          document.getElementById('main')?.focus();
        }}
      >
        Skip to content
      </a>
      <Header path={path} openMenu={() => setMenuOpen(true)} />
      <main id="main" tabIndex={-1}>
        <Outlet />
      </main>
      <Footer />
      <PhoneBar path={path} />
      <Dialog open={isMenuOpen} title="Menu" onClose={() => setMenuOpen(false)}>
        <nav class="menu" aria-label="All pages">
          {inNav.map(r => (
            <NavLink key={r.path} route={r} path={path} icon />
          ))}
          <a href="/about" class="nav-link">
            <Icon name="info" />
            <span>About</span>
          </a>
          <Operator />
          <Account />
        </nav>
      </Dialog>
      <Toasts />
    </>
  );
}
