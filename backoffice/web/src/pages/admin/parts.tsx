import type { ComponentChildren, VNode } from 'preact';
import type { RoleName } from '../../api/account';
import { atLeast, useSession } from '../../api/session';
import { useApi, type Answer } from '../../api/use';
import type { Items } from '../../api/account';
import { usePoll } from '../parts/action';
import { Failed, Outdated, Table, type Column } from '../../ui';

/** What operators look at is asked for again while it is seen: nothing of it is on the live channel. */
export function useWatched<T>(path: string, seconds = 10): Answer<T> {
  const answer = useApi<T>(path, { every: 0 });
  usePoll(answer.reload, seconds);
  return answer;
}

/** Hides what the server would refuse. */
export function Only({ role, children }: { role: RoleName; children: ComponentChildren }): VNode | null {
  const { me } = useSession();
  return atLeast(me, role) ? <>{children}</> : null;
}

interface WatchedProps<T> {
  caption: string;
  of: Answer<Items<T>>;
  columns: Column<T>[];
  id: (row: T) => string | number;
  empty: ComponentChildren;
  skeletonRows?: number;
}

/** A short list as a table; an old answer stays while a new one cannot be had. */
export function WatchedTable<T>({ of, ...table }: WatchedProps<T>): VNode {
  if (of.data === undefined && of.error) return <Failed error={of.error} retry={of.reload} />;
  return (
    <>
      {of.error ? <Outdated error={of.error} retry={of.reload} /> : null}
      <Table {...table} rows={of.data?.items} />
    </>
  );
}
