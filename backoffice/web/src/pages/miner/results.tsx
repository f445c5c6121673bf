import type { VNode } from 'preact';
import type { Results } from '../../api/miner';
import { count, percent } from '../../format/units';
import { Empty, Panel, Skeleton } from '../../ui';
import { allOf, rejectedOf, ResultBars } from '../parts/bars';

/** Of the last day, and what to do about the rejected ones. */
export function ResultsPanel({ of }: { of: Results | undefined; path: string }): VNode {
  return (
    <Panel
      title="Shares of the last day"
      hint={
        of && allOf(of) > 0 ? `${count(allOf(of))} sent, ${percent(rejectedOf(of) / allOf(of))} rejected` : undefined
      }
    >
      {!of ? (
        <Skeleton lines={6} />
      ) : allOf(of) === 0 ? (
        <Empty title="No share in the last day" icon="clock" />
      ) : (
        <>
          <ResultBars results={of} />
          <p class="advice">{adviceOn(of)}</p>
        </>
      )}
    </Panel>
  );
}

/** The commonest cause of the commonest trouble, in words. */
function adviceOn(results: Results): string {
  const all = allOf(results);
  const part = (n: number): number => n / all;
  if (part(results.invalid) > 0.01)
    return 'Invalid shares: most often an overclock that is too high, or firmware that rolls what it should not.';
  if (part(results.lowdiff) > 0.01)
    return (
      'Low difficulty: the miner works at an older difficulty than the one it was told. ' +
      'Some firmware does after each change; a fixed difficulty in the password helps.'
    );
  if (part(results.duplicate) > 0.01)
    return 'Duplicates: the miner sends the same work twice, often after a reconnect. Newer firmware usually cures it.';
  if (part(results.stale) > 0.02)
    return 'Stale shares: answers that came after a new block. Check the network between miner and pool; under 1 % is usual.';
  return 'Nothing stands out.';
}
