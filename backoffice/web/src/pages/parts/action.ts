import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../../api/client';

/** What a person reads of a failure. */
export const wordsOf = (failure: unknown) =>
  failure instanceof ApiError ? failure.message : 'The page failed; nothing was changed.';

export const codeOf = (failure: unknown) => (failure instanceof ApiError ? failure.code : undefined);

export interface Action<A extends unknown[]> {
  run: (...args: A) => Promise<boolean>;
  busy: boolean;
  error: string | undefined;
  clear: () => void;
}

/** Something a person starts: once at a time, with its failure in words. `onFail` true: the failure is dealt with. */
export function useAction<A extends unknown[]>(
  work: (...args: A) => Promise<void>,
  onFail?: (failure: unknown) => boolean,
): Action<A> {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const running = useRef(false);
  const run = async (...args: A) => {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    setError(undefined);
    try {
      await work(...args);
      return true;
    } catch (failure) {
      if (!onFail?.(failure)) setError(wordsOf(failure));
      return false;
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  return { run, busy, error, clear: () => setError(undefined) };
}

/** Calls while the page is seen: operator pages have no live channel of their own. */
export function usePoll(call: () => void, seconds: number) {
  const latest = useRef(call);
  latest.current = call;
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) latest.current();
    }, seconds * 1000);
    return () => clearInterval(timer);
  }, [seconds]);
}

/** A value that follows what is typed once typing rests. */
export function useSettled<T>(value: T, ms = 300): T {
  const [settled, set] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => set(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}

/** Seconds until a moment, each second anew; 0 once it has passed. */
export function useCountdown(until: string | undefined): number {
  const left = () => (until === undefined ? 0 : Math.max(0, Math.ceil((Date.parse(until) - Date.now()) / 1000)));
  const [seconds, set] = useState(left);
  useEffect(() => {
    set(left());
    const timer = setInterval(() => set(left()), 1000);
    return () => clearInterval(timer);
  }, [until]);
  return seconds;
}
