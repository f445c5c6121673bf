import { useCallback, useEffect, useReducer, useRef, useState } from 'preact/hooks';
import { isLive, onLive, onLiveState, type LiveKind } from '../live/live';
import { api, ApiError, store } from './client';
import type { List } from './types';

/** What a part of a page shows. While asking again, the last answer stays. */
export interface Answer<T> {
  data: T | undefined;
  error: ApiError | undefined;
  loading: boolean;
  reload: () => void;
}

export interface Freshness {
  /** Live events after which the answer is asked for again. */
  on?: LiveKind[];
  /** Only events of this pool. */
  pool?: string | undefined;
  /** Seconds between questions while the live channel is down; 0: never. What the channel itself tells needs no event in on. */
  every?: number;
  /** Seconds between questions even while it is up. */
  always?: number;
}

const freshMs = 2_000;

function usePath(path: string | null, { on = [], pool, every = 30, always = 0 }: Freshness): void {
  const kinds = on.join();
  useEffect(() => {
    if (path === null) return;
    const entry = store.peek(path);
    if (!entry || entry.error || Date.now() - entry.at > freshMs) void store.load(path);
  }, [path]);
  useEffect(() => {
    if (path === null) return;
    let later: ReturnType<typeof setTimeout> | undefined;
    // Events come in bursts, and everybody gets them at the same moment: spread what they cause.
    const soon = (): void => {
      later ??= setTimeout(
        () => {
          later = undefined;
          void store.load(path);
        },
        200 + Math.random() * 800,
      );
    };
    const stop = kinds
      ? onLive(kinds.split(',') as LiveKind[], event => {
          if (!pool || event.pool === pool) soon();
        })
      : undefined;
    const again = onLiveState(state => {
      if (state === 'renewed') soon();
    });
    const ticker = setInterval(() => {
      if (document.hidden) return;
      const seconds = isLive() ? always : Math.max(every, always);
      if (seconds > 0 && Date.now() - (store.peek(path)?.at ?? 0) >= seconds * 1000) void store.load(path);
    }, 1000);
    return () => {
      stop?.();
      again();
      clearInterval(ticker);
      clearTimeout(later);
    };
  }, [path, kinds, pool, every, always]);
}

/** The answer of a path under /api/v1, kept fresh while it is shown. A null path asks nothing. */
export function useApi<T>(path: string | null, freshness: Freshness = {}): Answer<T> {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const drawn = useRef<unknown>(undefined);
  useEffect(() => {
    if (path === null) return undefined;
    const stop = store.watch(path, () => redraw(undefined));
    // It may have come between the drawing and now.
    if (store.peek(path) !== drawn.current) redraw(undefined);
    return stop;
  }, [path]);
  usePath(path, freshness);
  const entry = path === null ? undefined : store.peek<T>(path);
  drawn.current = entry;
  const reload = useCallback(() => {
    if (path !== null) void store.load(path);
  }, [path]);
  return {
    data: entry?.data,
    error: entry?.error,
    loading: path !== null && entry?.data === undefined && entry?.error === undefined,
    reload,
  };
}

/** A list by pages: the first stays fresh, further ones are added on demand. */
export interface Pages<T> {
  /** Undefined while nothing is known; after a change of the query the old rows stay until the new ones are there. */
  items: T[] | undefined;
  hasMore: boolean;
  more: () => void;
  loading: boolean;
  isMoreLoading: boolean;
  error: ApiError | undefined;
  reload: () => void;
}

interface PagesOptions<T> extends Freshness {
  limit?: number;
  query?: Record<string, string | undefined>;
  /** What makes a row the same row in a fresher page. */
  id?: (row: T) => string | number;
}

/** Rows beyond the first page, with the first page as it was when they were asked for. */
interface Tail<T> {
  of: string | null;
  items: T[];
  next: string | null | undefined;
  busy: boolean;
  error?: ApiError | undefined;
}

const known = (row: unknown): string | number => {
  const { hash, id, address, name } = row as Record<string, string | number | undefined>;
  return hash ?? id ?? address ?? name ?? '';
};

/** Fresh rows first, then those of before that are not among them. */
function merge<T>(fresh: T[], before: T[], id: (row: T) => string | number): T[] {
  if (before.length === 0) return fresh;
  const seen = new Set(fresh.map(id));
  return [...fresh, ...before.filter(row => !seen.has(id(row)))];
}

export function usePages<T>(path: string | null, options: PagesOptions<T> = {}): Pages<T> {
  const { limit = 50, query = {}, id = known, ...freshness } = options;
  const values = new URLSearchParams({ limit: `${limit}` });
  for (const [name, value] of Object.entries(query)) if (value) values.set(name, value);
  const first = path === null ? null : `${path}?${values.toString()}`;
  const head = useApi<List<T>>(first, freshness);
  const none: Tail<T> = { of: first, items: [], next: undefined, busy: false };
  const [held, setHeld] = useState<Tail<T>>(none);
  const tail = held.of === first ? held : none;
  const current = useRef(first);
  current.current = first;
  const shown = useRef<{ path: string | null; items: T[] } | null>(null);
  if (head.data) shown.current = { path, items: merge(head.data.items, tail.items, id) };
  const next = tail.next === undefined ? (head.data?.next ?? null) : tail.next;

  const more = (): void => {
    if (first === null || next === null || tail.busy) return;
    const before = shown.current?.items ?? [];
    setHeld({ ...tail, busy: true, error: undefined });
    api.get<List<T>>(`${first}&cursor=${encodeURIComponent(next)}`).then(
      page => {
        if (current.current !== first) return;
        setHeld({ of: first, items: merge(before, page.items, id), next: page.next, busy: false });
      },
      (error: ApiError) => {
        if (current.current === first) setHeld({ ...tail, busy: false, error });
      },
    );
  };
  return {
    items: shown.current?.path === path ? shown.current.items : undefined,
    hasMore: next !== null,
    more,
    loading: head.loading,
    isMoreLoading: tail.busy,
    error: head.error ?? tail.error,
    reload: head.reload,
  };
}
