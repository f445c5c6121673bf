import type { Results } from '../../api/miner';
import { count, percent } from '../../format/units';

/** A bar of shares of a whole. Widths are attributes of SVG: the page's policy allows no style in markup. */
export function Stack({ parts, label }: { parts: { value: number; tone: string }[]; label: string }) {
  const whole = parts.reduce((sum, part) => sum + part.value, 0);
  let from = 0;
  return (
    <svg class="parts-bar" role="img" aria-label={label} preserveAspectRatio="none" viewBox="0 0 1000 10">
      <rect class="rest" width="1000" height="10" />
      {whole > 0 &&
        parts.map(part => {
          const width = (1000 * part.value) / whole;
          const x = from;
          from += width;
          return width > 0 && <rect key={part.tone} class={part.tone} x={x} width={width} height="10" />;
        })}
    </svg>
  );
}

/** How much of something is reached, 0 to 1. */
export function Progress({ of, label, tone = 'accent' }: { of: number; label: string; tone?: string }) {
  const part = Math.min(1, Math.max(0, Number.isFinite(of) ? of : 0));
  return (
    <Stack
      label={`${label}: ${percent(part)}`}
      parts={[
        { value: part, tone },
        { value: 1 - part, tone: 'rest' },
      ]}
    />
  );
}

export const reasons: { key: keyof Results; name: string; says: string; tone: string }[] = [
  { key: 'valid', name: 'Accepted', says: 'counted and paid', tone: 'good' },
  { key: 'stale', name: 'Stale', says: 'for work that a new block had replaced', tone: 'warn' },
  { key: 'lowdiff', name: 'Low difficulty', says: 'did not reach the difficulty that was set', tone: 'second' },
  { key: 'duplicate', name: 'Duplicate', says: 'sent before', tone: 'accent' },
  { key: 'invalid', name: 'Invalid', says: 'malformed, or outside what the work allows', tone: 'bad' },
];

export const allOf = (results: Results) => reasons.reduce((sum, reason) => sum + results[reason.key], 0);

export const rejectedOf = (results: Results) => allOf(results) - results.valid;

/** Shares by result with their parts in numbers. */
export function ResultBars({ results }: { results: Results }) {
  const all = allOf(results);
  return (
    <div class="results">
      <Stack
        label={`${percent(all ? results.valid / all : 0)} of ${count(all)} shares accepted`}
        parts={reasons.map(reason => ({ value: results[reason.key], tone: reason.tone }))}
      />
      <dl>
        {reasons.map(reason => (
          <div key={reason.key} class={`result ${reason.tone}`}>
            <dt>
              {reason.name}
              <small>{reason.says}</small>
            </dt>
            <dd class="num">
              {count(results[reason.key])}
              <small>{all ? percent(results[reason.key] / all) : '–'}</small>
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
