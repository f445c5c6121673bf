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
  useEffect(() => (path === null ? undefined : store.watch(path, () => redraw(undefined))), [path]);
  usePath(path, freshness);
  const entry = path === null ? undefined : store.peek<T>(path);
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
  items: T[] | undefined;
  hasMore: boolean;
  more: () => void;
  loading: boolean;
  isMoreLoading: boolean;
  error: ApiError | undefined;
  reload: () => void;
}

export function usePages<T>(path: string | null, options: Freshness & { limit?: number } = {}): Pages<T> {
  const { limit = 50, ...freshness } = options;
  const first = path === null ? null : `${path}${path.includes('?') ? '&' : '?'}limit=${limit}`;
  const head = useApi<List<T>>(first, freshness);
  const [tail, setTail] = useState<{
    of: string | null;
    items: T[];
    next: string | null | undefined;
    busy: boolean;
    error?: ApiError | undefined;
  }>({ of: first, items: [], next: undefined, busy: false });
  const current = useRef(first);
  current.current = first;
  const mine = tail.of === first ? tail : { of: first, items: [], next: undefined, busy: false, error: undefined };
  const next = mine.next === undefined ? (head.data?.next ?? null) : mine.next;

  const more = useCallback(() => {
    if (first === null || next === null || mine.busy) return;
    setTail({ ...mine, busy: true, error: undefined });
    const asked = `${first}&cursor=${encodeURIComponent(next)}`;
    api.get<List<T>>(asked).then(
      page => {
        if (current.current === first)
          setTail({ of: first, items: [...mine.items, ...page.items], next: page.next, busy: false });
      },
      (error: ApiError) => {
        if (current.current === first) setTail({ ...mine, busy: false, error });
      },
    );
  }, [first, next, mine]);
  return {
    items: head.data ? [...head.data.items, ...mine.items] : undefined,
    hasMore: next !== null,
    more,
    loading: head.loading,
    isMoreLoading: mine.busy,
    error: head.error ?? mine.error,
    reload: head.reload,
  };
}
