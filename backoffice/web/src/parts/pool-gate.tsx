import type { ComponentChildren, VNode } from 'preact';
import type { Pool } from '../api/types';
import { usePool } from '../pools';
import { Empty, Failed } from '../ui';

/** Shows what needs a pool; before the pools are known the children draw their outlines. */
export function PoolGate({ children }: { children: (pool: Pool | undefined) => ComponentChildren }): VNode {
  const { pool, pools, answer } = usePool();
  if (!pools && answer.error) return <Failed error={answer.error} retry={answer.reload} />;
  if (pools?.length === 0) return <Empty title="No pool is configured">Pools are set in viddhana.yaml.</Empty>;
  return <>{children(pool)}</>;
}

/** The coin's name as a title: bitcoin is Bitcoin. */
export const coinName = (pool: Pool): string => pool.coin.charAt(0).toUpperCase() + pool.coin.slice(1);

/** A network that is not the main one is said. */
export const networkName = (pool: Pool): string => (pool.network === 'mainnet' ? '' : ` ${pool.network}`);
