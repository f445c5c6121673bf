// Who is signed in. The access token lives in memory only; the refresh token is a cookie that no script can read.
import { useEffect, useReducer } from 'preact/hooks';
import type { Login, RoleName, TokenAnswer } from './account';
import { store, useAuthorization } from './client';

export type SessionView = { state: 'unknown' | 'out'; me?: undefined } | { state: 'in'; me: Login };

const tokens: { access: string | null; until: number } = { access: null, until: 0 };

/** Says only that this browser once signed in, so that visitors without an account are never asked for a cookie they do not have. */
const hint = 'viddhana-session';
const lock = 'viddhana-refresh';
/** A token that another tab got is taken over if it lives at least this long, in ms. */
const freshMs = 30_000;

let view: SessionView = { state: read(hint) === null ? 'out' : 'unknown' };
const watchers = new Set<() => void>();
const tabs = 'BroadcastChannel' in globalThis ? new BroadcastChannel('viddhana-session') : undefined;
let running: Promise<boolean> | undefined;

tabs?.addEventListener('message', (event: MessageEvent<TokenAnswer | null>) =>
  event.data ? take(event.data) : forget(),
);

export const session = {
  get view() {
    return view;
  },

  /** After a sign-in: this tab and the others have it. */
  accept(answer: TokenAnswer) {
    take(answer);
    tabs?.postMessage(answer);
  },

  /** A new access token by the cookie; one request however many ask, one tab at a time. False: signed out. */
  refresh(): Promise<boolean> {
    running ??= alone(ask).finally(() => {
      running = undefined;
    });
    return running;
  },

  /** Called once when the page has been drawn: finds out who is here, if anyone ever was. */
  start() {
    if (view.state === 'unknown') void session.refresh();
  },

  async signOut() {
    await send('/logout').catch(() => undefined);
    forget();
    tabs?.postMessage(null);
  },

  /** What the page shows of the login changed (second factor on or off). */
  change(part: Partial<Login>) {
    if (view.state === 'in') show({ state: 'in', me: { ...view.me, ...part } });
  },
};

export function useSession(): SessionView {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const seen = view;
  useEffect(() => {
    const tell = (): void => redraw(undefined);
    watchers.add(tell);
    // The answer may have come after this was drawn and before anybody listened.
    if (view !== seen) tell();
    return () => {
      watchers.delete(tell);
    };
  }, []);
  return view;
}

const order: RoleName[] = ['miner', 'support', 'operator', 'admin'];

/** Only hides what the server would refuse anyway. */
export const atLeast = (login: Login | undefined, role: RoleName) =>
  login !== undefined && order.indexOf(login.role) >= order.indexOf(role);

/** Works only inside the lock: another tab may have got a token while this one waited for it. */
async function ask(): Promise<boolean> {
  if (tokens.access !== refusedToken && tokens.until - Date.now() > freshMs) return true;
  try {
    const answer = await send('/refresh');
    if (answer.ok) {
      session.accept((await answer.json()) as TokenAnswer);
      return true;
    }
    // 401: the session is over. 403: this page is not the pool's own.
    if (answer.status === 401 || answer.status === 403) forget();
  } catch {
    // The pool cannot be reached: whoever is signed in stays so, and the next request tries again.
  }
  if (view.state === 'unknown') show({ state: 'out' });
  return false;
}

/** What the server did not take, whatever its time says. */
let refusedToken: string | null = null;

useAuthorization({
  token: () => tokens.access,
  renew: () => {
    refusedToken = tokens.access;
    return session.refresh();
  },
});

const send = (path: string) => fetch(`/api/v1/auth${path}`, { method: 'POST', credentials: 'same-origin' });

function take(answer: TokenAnswer) {
  tokens.access = answer.accessToken;
  tokens.until = Date.now() + answer.expiresIn * 1000;
  write(hint, '1');
  // What was asked as somebody else is not this one's.
  if (view.state !== 'in' || view.me.id !== answer.login.id) store.clear();
  show({ state: 'in', me: answer.login });
}

function forget() {
  tokens.access = null;
  tokens.until = 0;
  write(hint, null);
  store.clear();
  show({ state: 'out' });
}

function show(next: SessionView) {
  view = next;
  for (const tell of watchers) tell();
}

/** Two tabs that used one refresh token would look like a stolen one: navigator.locks, or without https a lease in storage. */
async function alone(work: () => Promise<boolean>): Promise<boolean> {
  if (navigator.locks) return await navigator.locks.request(lock, work);
  const mine = `${Date.now()}-${Math.random()}`;
  for (let turn = 0; turn < 40; turn++) {
    const held = Number(read(lock)?.split('-')[0] ?? 0);
    if (Date.now() - held > 5_000) {
      write(lock, mine);
      await pause(40);
      if (read(lock) === mine) break;
    }
    await pause(100);
  }
  try {
    return await work();
  } finally {
    if (read(lock) === mine) write(lock, null);
  }
}

const pause = (ms: number) =>
  new Promise(done => {
    setTimeout(done, ms);
  });

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string | null) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // A browser that forbids storage: signed in until the page is closed.
  }
}
