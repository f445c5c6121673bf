// Who is signed in. The access token lives in memory only; the refresh token is a cookie that no script can read.
import { useEffect, useReducer } from 'preact/hooks';
import { store, useAuthorization } from './client';

export interface Me {
  name: string;
  role: 'miner' | 'support' | 'operator' | 'admin';
}
export type Session = { state: 'unknown' | 'out'; me?: undefined } | { state: 'in'; me: Me };

let access: string | null = null;
let current: Session = { state: 'unknown' };
const watchers = new Set<() => void>();

function become(next: Session): void {
  current = next;
  watchers.forEach(tell => tell());
}

export const session = {
  get current(): Session {
    return current;
  },

  /** After a sign-in. */
  start(token: string, me: Me): void {
    access = token;
    store.clear();
    become({ state: 'in', me });
  },

  /** After a sign-out, or when the refresh was refused. */
  end(): void {
    access = null;
    store.clear();
    become({ state: 'out' });
  },
};

useAuthorization({ token: () => access, renew: () => Promise.resolve(false) });

export function useSession(): Session {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    const tell = (): void => redraw(undefined);
    watchers.add(tell);
    return () => {
      watchers.delete(tell);
    };
  }, []);
  return current;
}
