// Plain links, the History API, and a page chunk per route.
import type { ComponentType, VNode } from 'preact';
import { useEffect, useReducer } from 'preact/hooks';
import { routes, type Route } from './routes';
import { Failed, PageSkeleton } from './ui/states';
import { ApiError } from './api/client';

export type Query = Record<string, string>;
export interface PageProps {
  params: Record<string, string>;
  query: Query;
}
export interface Place {
  path: string;
  query: Query;
  route: Route;
  params: Record<string, string>;
}

const listeners = new Set<() => void>();
const loaded = new Map<Route, ComponentType<PageProps>>();
const positions = new Map<string, number>();

function match(path: string): { route: Route; params: Record<string, string> } {
  const parts = path.split('/').filter(Boolean);
  for (const route of routes) {
    const pattern = route.path.split('/').filter(Boolean);
    const isOpen = pattern.at(-1) === '*';
    if (isOpen ? parts.length < pattern.length - 1 : parts.length !== pattern.length) continue;
    const params: Record<string, string> = {};
    const fits = pattern.every((part, i) => {
      if (part === '*') return true;
      const value = parts[i] ?? '';
      if (!part.startsWith(':')) return part === value;
      try {
        params[part.slice(1)] = decodeURIComponent(value);
        return true;
      } catch {
        return false;
      }
    });
    if (fits) return { route, params };
  }
  return { route: routes[routes.length - 1]!, params: {} };
}

const pairs = (text: string): Query => (text.includes('=') ? Object.fromEntries(new URLSearchParams(text)) : {});

/** A link of a mail, /#/reset?token=…, as a place of this site: /reset#token=… */
function openMailLink(): void {
  const [, path, query] = /^#(\/[a-z-]+)\?(.*)$/.exec(location.hash) ?? [];
  if (path) history.replaceState(history.state, '', `${path}#${query}`);
}

openMailLink();

function read(): Place {
  return {
    path: location.pathname,
    // Links in mails carry their secret behind the #: what stands there is never sent to a server, nor written to its log.
    query: { ...pairs(location.hash.slice(1)), ...pairs(location.search) },
    ...match(location.pathname),
  };
}

let place = read();

function changed(): void {
  place = read();
  listeners.forEach(tell => tell());
}

/** Goes to a path of this site. */
export function navigate(to: string, replace = false): void {
  if (to === location.pathname + location.search) return;
  positions.set(history.state?.key ?? '', scrollY);
  history[replace ? 'replaceState' : 'pushState']({ key: `${Date.now()}${Math.random()}` }, '', to);
  // Before the change is told: a page whose code is here already is drawn at once.
  if (new URL(to, location.href).pathname !== place.path) arrival = 0;
  changed();
}

/** Changes the query of the page that is shown, without a step in the history. Empty removes. */
export function setQuery(values: Record<string, string | null | undefined>): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(values)) value ? query.set(name, value) : query.delete(name);
  const text = query.toString();
  history.replaceState(history.state, '', location.pathname + (text ? `?${text}` : ''));
  changed();
}

/** Where the visitor is. */
export function usePlace(): Place {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    const tell = (): void => redraw(undefined);
    listeners.add(tell);
    return () => {
      listeners.delete(tell);
    };
  }, []);
  return place;
}

/** Where a page that is on its way shall be scrolled to; null when nobody has moved. */
let arrival: number | null = null;

/** The page of a new place is there: its heading takes the focus, so that a screen reader begins with it. */
export function arrived(heading: HTMLElement | null): void {
  if (arrival === null) return;
  const scroll = arrival;
  arrival = null;
  heading?.focus({ preventScroll: true });
  scrollTo(0, scroll);
}

/** True for a click that should stay a click of the browser. */
function isForeign(event: MouseEvent, link: HTMLAnchorElement): boolean {
  return (
    event.defaultPrevented ||
    event.button !== 0 ||
    event.metaKey ||
    event.ctrlKey ||
    event.shiftKey ||
    event.altKey ||
    link.target !== '' ||
    link.hasAttribute('download') ||
    link.origin !== location.origin ||
    /^\/(api|openapi|health|ready|metrics|assets)(\/|$)/.test(link.pathname)
  );
}

/** Links in mails carry their secret behind the hash, where no server's log sees it: /#/reset?token=… is the page /reset. */
function readFragment(): void {
  if (!location.hash.startsWith('#/')) return;
  const to = new URL(location.hash.slice(1), location.origin);
  place = { path: to.pathname, query: Object.fromEntries(to.searchParams), ...match(to.pathname) };
  history.replaceState(null, '', to.pathname);
}

export function startRouter(): void {
  history.scrollRestoration = 'manual';
  readFragment();
  document.addEventListener('click', event => {
    const link = (event.target as Element | null)?.closest?.('a[href]') as HTMLAnchorElement | null;
    if (!link || isForeign(event, link)) return;
    if (link.pathname === location.pathname && link.search === location.search && link.hash) return;
    event.preventDefault();
    navigate(link.pathname + link.search);
  });
  addEventListener('popstate', () => {
    if (location.pathname !== place.path) arrival = positions.get(history.state?.key ?? '') ?? 0;
    changed();
  });
}

/** Fetches a page's chunk before it is asked for. */
export function preload(path: string): void {
  const { route } = match(path);
  if (!loaded.has(route))
    route.page().then(
      module => loaded.set(route, module.default),
      () => undefined,
    );
}

let failed: Route | null = null;

/** The page of the place. Until its chunk is here, its outline. */
export function Outlet(): VNode {
  const { route, params, query, path } = usePlace();
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const page = loaded.get(route);
  useEffect(() => {
    if (loaded.has(route)) return;
    let isGone = false;
    route.page().then(
      module => {
        loaded.set(route, module.default);
        failed = null;
        if (!isGone) redraw(undefined);
      },
      // A new version was put in place since this page was opened: its chunks have other names.
      () => {
        failed = route;
        if (!isGone) redraw(undefined);
      },
    );
    return () => {
      isGone = true;
    };
  }, [route]);
  if (failed === route)
    return (
      <Failed
        error={new ApiError(0, 'chunk', 'This part of the page could not be fetched.')}
        retry={() => location.reload()}
      />
    );
  if (!page) return <PageSkeleton />;
  const Page = page;
  return <Page key={route.isOne ? route.path : path} params={params} query={query} />;
}
