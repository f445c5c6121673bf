import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { useApi } from '../../api/use';
import type { RatePoint } from '../../api/miner';
import { Failed, Panel, RateChart, Segmented } from '../../ui';

export const periods = [
  { id: '1h', name: '1 h' },
  { id: '6h', name: '6 h' },
  { id: '1d', name: '1 d' },
  { id: '7d', name: '7 d' },
  { id: '30d', name: '30 d' },
  { id: '90d', name: '90 d' },
];

/** What shares alone cannot tell apart from chance: one sigma of the count of shares. */
export const errorOf = (point: RatePoint): number | null =>
  point.error ?? (point.shares > 0 ? 1 / Math.sqrt(point.shares) : null);

/** The rate over time of a miner, or of one of its workers. */
export function RateOf({ path, worker }: { path: string; worker?: string }): VNode {
  const [period, setPeriod] = useState('1d');
  const of = worker === undefined ? '' : `&worker=${encodeURIComponent(worker)}`;
  const points = useApi<RatePoint[]>(`${path}/hashrate?period=${period}${of}`, { every: 60, always: 60 });
  const series = useMemo(
    () =>
      points.data && [
        { name: 'Hash rate', points: points.data.map(p => ({ time: p.time, value: p.hashrate, error: errorOf(p) })) },
      ],
    [points.data],
  );
  return (
    <>
      <Segmented label="Period" items={periods} selected={period} onSelect={setPeriod} />
      {points.error && !points.data ? (
        <Failed error={points.error} retry={points.reload} />
      ) : (
        <RateChart
          label={worker === undefined ? 'Hash rate of the miner' : 'Hash rate of the worker'}
          series={series}
        />
      )}
      <p class="field-hint">
        The band is one standard error: how far luck alone moves the figure. More shares, narrower band.
      </p>
    </>
  );
}

export const RatePanel = ({ path, title }: { path: string; title: string }): VNode => (
  <Panel title={title} class="rate-panel">
    <RateOf path={path} />
  </Panel>
);
