import type { VNode } from 'preact';
import { percent } from '../format/units';
import { Bar, type Tone } from '../ui';

/** How an effort is felt: up to what is due it is good, far above it is bad. */
export const effortTone = (effort: number): Tone => (effort <= 1 ? 'good' : effort <= 2 ? 'warn' : 'bad');

/** Work spent on a block in percent of what one costs on average. */
export function Effort({ of }: { of: number }): VNode {
  return (
    <span class={`effort effort-${effortTone(of)}`} title="Work spent, in percent of what a block costs on average">
      <span class="num">{of > 99.99 ? '> 9,999 %' : percent(of, 0)}</span>
      <Bar share={of / 3} tone={effortTone(of)} />
    </span>
  );
}
