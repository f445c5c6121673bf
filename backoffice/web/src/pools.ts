// The pools of this place, and the one that is looked at.
import { useEffect } from 'preact/hooks';
import { useApi, type Answer } from './api/use';
import type { Pool, Stats } from './api/types';
import { setQuery, usePlace } from './router';

const key = 'pool';

function remembered(): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function remember(id: string): void {
  try {
    localStorage.setItem(key, id);
  } catch {
    // Storage is forbidden: the choice lasts as long as the address bar has it.
  }
}

export interface Chosen {
  pool: Pool | undefined;
  pools: Pool[] | undefined;
  select: (id: string) => void;
  answer: Answer<{ pools: Pool[] }>;
}

/** The query's pool, else the one chosen last, else the first. */
export function usePool(): Chosen {
  const answer = useApi<{ pools: Pool[] }>('/pools', { every: 300, always: 600 });
  const { query } = usePlace();
  const pools = answer.data?.pools;
  const wanted = query['pool'] ?? remembered();
  const pool = pools?.find(p => p.id === wanted) ?? pools?.[0];
  useEffect(() => {
    if (query['pool'] && pool?.id === query['pool']) remember(pool.id);
  }, [query['pool'], pool?.id]);
  return {
    pool,
    pools,
    answer,
    select: id => {
      remember(id);
      setQuery({ pool: id });
    },
  };
}

/** A pool's figures: pushed by the live channel, polled where there is none. */
export const useStats = (pool: string | undefined): Answer<Stats> =>
  useApi<Stats>(pool ? `/pools/${pool}/stats` : null, { every: 15 });
