// One channel for the whole page. The browser resumes it by itself (Last-Event-ID); where it cannot be had, the pages poll.
import { useEffect, useReducer } from 'preact/hooks';
import { store } from '../api/client';

export type LiveKind = 'snapshot' | 'block' | 'height' | 'payout' | 'best';
export interface LiveEvent {
  kind: LiveKind;
  pool: string;
  time: string;
  [field: string]: unknown;
}
/** connecting: not yet; live: up; polling: given up for now. */
export type LiveState = 'connecting' | 'live' | 'polling';

const kinds: LiveKind[] = ['snapshot', 'block', 'height', 'payout', 'best'];
const retryMs = 30_000;
const failuresMax = 3;
const silenceMs = 45_000;

const listeners = new Set<(event: LiveEvent) => void>();
const stateListeners = new Set<(state: LiveState | 'renewed') => void>();
let state: LiveState = 'connecting';
let source: EventSource | null = null;
let failures = 0;
let heardAt = 0;
let retry: ReturnType<typeof setTimeout> | undefined;

export const isLive = (): boolean => state === 'live';

function become(next: LiveState): void {
  if (state === next) return;
  state = next;
  stateListeners.forEach(tell => tell(next));
}

function hear(kind: LiveKind, message: MessageEvent<string>): void {
  heardAt = Date.now();
  const event = { ...(JSON.parse(message.data) as object), kind } as LiveEvent;
  if (kind === 'snapshot') store.set(`/pools/${event.pool}/stats`, event['stats']);
  listeners.forEach(tell => tell(event));
}

function giveUp(): void {
  source?.close();
  source = null;
  become('polling');
  clearTimeout(retry);
  retry = setTimeout(open, retryMs);
}

function open(): void {
  clearTimeout(retry);
  source?.close();
  source = new EventSource('/api/v1/live');
  source.addEventListener('hello', message => {
    failures = 0;
    heardAt = Date.now();
    const wasUp = state !== 'connecting';
    become('live');
    // What was missed cannot be told: ask for the lists anew. The first connection has nothing to renew.
    if (wasUp && (JSON.parse(message.data as string) as { resumed: boolean }).resumed === false)
      stateListeners.forEach(tell => tell('renewed'));
  });
  for (const kind of kinds) source.addEventListener(kind, message => hear(kind, message as MessageEvent<string>));
  source.onerror = () => {
    failures++;
    // Closed: refused with a status, so the browser will not try again. Otherwise it does, and we count.
    if (source?.readyState === EventSource.CLOSED || failures >= failuresMax) giveUp();
    else become('connecting');
  };
}

/** Starts the channel. A hidden page keeps it: it costs next to nothing, and the tab's owner wants to see news at once. */
export function startLive(): void {
  if (typeof EventSource === 'undefined') {
    become('polling');
    return;
  }
  open();
  addEventListener('online', () => {
    if (state !== 'live') open();
  });
  // Heartbeats are comments that no script sees; a laptop that slept may hold a dead connection.
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && state === 'live' && Date.now() - heardAt > silenceMs) open();
  });
}

/** Calls for each event of these kinds; returns what stops it. */
export function onLive(of: LiveKind[], tell: (event: LiveEvent) => void): () => void {
  const filtered = (event: LiveEvent): void => {
    if (of.includes(event.kind)) tell(event);
  };
  listeners.add(filtered);
  return () => {
    listeners.delete(filtered);
  };
}

/** Calls at each change of the channel; 'renewed': it is back, and events were lost meanwhile. */
export function onLiveState(tell: (state: LiveState | 'renewed') => void): () => void {
  stateListeners.add(tell);
  return () => {
    stateListeners.delete(tell);
  };
}

export function useLiveState(): LiveState {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  useEffect(() => onLiveState(() => redraw(undefined)), []);
  return state;
}

/** Calls for each event while the component is shown. */
export function useLive(of: LiveKind[], tell: (event: LiveEvent) => void): void {
  useEffect(() => onLive(of, tell), []);
}
