import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { useApi } from '../api/use';
import type { Point } from '../api/types';
import { setQuery, usePlace } from '../router';
import { Failed, Panel, RateChart, Segmented, type Series } from '../ui';

const periods = ['1h', '6h', '1d', '7d', '30d', '90d'].map(id => ({ id, name: id }));

/** A bucket that has just begun says nothing yet: a rate of seconds is chance. */
function settled(points: Point[]): Point[] {
  const [before, last] = points.slice(-2).map(p => Date.parse(p.time));
  if (before === undefined || last === undefined) return points;
  return Date.now() - last < (last - before) * 0.2 ? points.slice(0, -1) : points;
}

/** Hash rate over time, of a pool or of whom the path names. The period stands in the address bar. */
export function RatePanel({
  path,
  name,
  title = 'Hash rate',
}: {
  path: string | null;
  name: string;
  title?: string;
}): VNode {
  const { query } = usePlace();
  const period = periods.some(p => p.id === query['period']) ? query['period']! : '1d';
  const answer = useApi<Point[]>(path && `${path}${path.includes('?') ? '&' : '?'}period=${period}`, {
    every: 60,
    always: 60,
  });
  const series = useMemo<Series[] | undefined>(
    () =>
      answer.data && [
        { name, points: settled(answer.data).map(p => ({ time: p.time, value: p.hashrate, error: p.error ?? null })) },
      ],
    [answer.data, name],
  );
  return (
    <Panel
      title={title}
      class="rate-panel"
      actions={
        <Segmented
          label="Period"
          items={periods}
          selected={period}
          onSelect={id => setQuery({ period: id === '1d' ? null : id })}
        />
      }
    >
      {answer.error && !answer.data ? (
        <Failed error={answer.error} retry={answer.reload} />
      ) : (
        <RateChart label={title} series={series} />
      )}
    </Panel>
  );
}
