import type { VNode } from 'preact';
import { duration, exact } from '../../format/time';
import { useTick } from '../../ui';

/** How long until a moment, with the exact time behind it. */
export function Soon({ time, past = 'any moment' }: { time: string; past?: string }): VNode {
  useTick();
  const seconds = (Date.parse(time) - Date.now()) / 1000;
  return (
    <time dateTime={time} title={exact(time)}>
      {seconds <= 0 ? past : `in ${duration(seconds)}`}
    </time>
  );
}
