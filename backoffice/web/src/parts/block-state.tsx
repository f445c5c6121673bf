import type { VNode } from 'preact';
import type { Block } from '../api/types';
import { Bar, State } from '../ui';

/** A block's state; while it matures, how far it is. */
export function BlockState({ block, maturity }: { block: Block; maturity: number }): VNode {
  const needed = block.maturity ?? maturity;
  if (block.state !== 'immature') return <State of={block.state} title={block.reason || undefined} />;
  const done = Math.min(Math.max(block.confirmations, 0), needed);
  return (
    <span class="maturing" title={block.reason || `${done} of ${needed} confirmations`}>
      <State of="immature" text="maturing" />
      <span class="maturing-count num">
        {done}/{needed}
        <Bar share={done / needed} tone="info" />
      </span>
    </span>
  );
}
