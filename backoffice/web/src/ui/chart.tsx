import type { VNode } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { exact } from '../format/time';
import { exactRate, rate } from '../format/units';
import { Button } from './form';
import { Icon } from './icon';
import type { Plot } from './plot';
import { Table } from './table';

export interface SeriesPoint {
  time: string;
  value: number;
  /** Relative standard error: 0.1 is ±10 %. */
  error?: number | null;
}
export interface Series {
  name: string;
  points: SeriesPoint[];
}

interface ChartProps {
  label: string;
  /** Undefined while they are not known yet. */
  series: Series[] | undefined;
  /** How a value is written short and exactly; hash rates by default. */
  format?: (value: number) => string;
  exactly?: (value: number) => string;
}

/** What a screen reader hears instead of the drawing. */
function summary(series: Series[], format: (value: number) => string): string {
  return series
    .map(({ name, points }) => {
      if (points.length === 0) return `${name}: no data`;
      const values = points.map(p => p.value);
      const last = points[points.length - 1]!;
      return `${name}: now ${format(last.value)}, least ${format(Math.min(...values))}, most ${format(Math.max(...values))}`;
    })
    .join('. ');
}

/** Values over time. Zoom and pan by pointer, touch and keys; every value as text, and all of them as a table. */
export function RateChart({ label, series, format = rate, exactly = exactRate }: ChartProps): VNode {
  const stage = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const [said, say] = useState('');
  const [isZoomed, setZoomed] = useState(false);
  const [asTable, setAsTable] = useState(false);
  const help = useId();
  const latest = useRef(series);
  latest.current = series;
  const isReady = series !== undefined;
  const isEmpty = isReady && series.every(s => s.points.every(p => p.value === 0));

  useEffect(() => {
    if (!isReady || asTable) return;
    let isGone = false;
    void import('./plot').then(({ Plot }) => {
      if (isGone || !stage.current || !latest.current) return;
      plot.current = new Plot(stage.current, latest.current, { format, exactly, say, zoomed: setZoomed });
    });
    return () => {
      isGone = true;
      plot.current?.close();
      plot.current = null;
    };
  }, [isReady, asTable]);
  useEffect(() => {
    if (series) plot.current?.update(series);
  }, [series]);

  const rows = asTable && series ? series.flatMap(s => s.points.map(p => ({ ...p, of: s.name }))).reverse() : [];
  return (
    <figure class="chart">
      {asTable ? (
        <div class="chart-table" tabIndex={0} role="region" aria-label={`${label}, values`}>
          <Table
            caption={`${label}, values`}
            rows={rows}
            id={row => `${row.of}${row.time}`}
            columns={[
              { key: 'time', name: 'Time', cell: row => exact(row.time) },
              ...(series && series.length > 1
                ? [{ key: 'of', name: 'Of', cell: (row: (typeof rows)[number]) => row.of }]
                : []),
              {
                key: 'value',
                name: 'Value',
                align: 'end' as const,
                cell: row => <span class="num">{exactly(row.value)}</span>,
              },
            ]}
          />
        </div>
      ) : (
        <div
          class="chart-stage"
          ref={stage}
          tabIndex={0}
          role="group"
          aria-roledescription="chart"
          aria-describedby={help}
          aria-label={series ? `${label}. ${summary(series, format)}` : `${label}, loading`}
          onKeyDown={event => plot.current?.key(event)}
        >
          {!isReady ? <span class="bone bone-chart" aria-hidden="true" /> : null}
          {isEmpty ? <p class="chart-empty">No shares in this time</p> : null}
        </div>
      )}
      <div class="chart-tools">
        <span class="hint chart-help" id={help}>
          Drag to zoom, Shift and drag to move; keys: arrows, + and −, 0 for all
        </span>
        <button
          type="button"
          class="icon-button"
          aria-label="Zoom in"
          disabled={asTable}
          onClick={() => plot.current?.zoom(0.5)}
        >
          <Icon name="plus" size={18} />
        </button>
        <button
          type="button"
          class="icon-button"
          aria-label="Zoom out"
          disabled={asTable || !isZoomed}
          onClick={() => plot.current?.zoom(2)}
        >
          <Icon name="minus" size={18} />
        </button>
        <button
          type="button"
          class="icon-button"
          aria-label="Show all"
          disabled={asTable || !isZoomed}
          onClick={() => plot.current?.reset()}
        >
          <Icon name="reset" size={18} />
        </button>
        <Button tone="ghost" aria-pressed={asTable ? 'true' : 'false'} onClick={() => setAsTable(!asTable)}>
          <Icon name="table" size={18} />
          Table
        </Button>
      </div>
      <p class="sr" role="status">
        {said}
      </p>
    </figure>
  );
}
