import type { VNode } from 'preact';
import { useApi } from '../api/use';
import type { Leader, List, Pool } from '../api/types';
import { count, difficulty, percent } from '../format/units';
import { PoolGate } from '../parts/pool-gate';
import { setQuery, usePlace } from '../router';
import {
  Bar,
  ButtonLink,
  Empty,
  Failed,
  Hash,
  Outdated,
  Page,
  Panel,
  Rate,
  Segmented,
  Table,
  type Column,
} from '../ui';

const orders = [
  { id: 'hashrate', name: 'Hash rate' },
  { id: 'shares', name: 'Shares' },
  { id: 'blocks', name: 'Blocks' },
  { id: 'best', name: 'Best share' },
];
const windows = ['1h', '1d', '7d'].map(id => ({ id, name: id }));

export default function Leaderboard(): VNode {
  return <PoolGate>{pool => <LeaderboardOf pool={pool} />}</PoolGate>;
}

function LeaderboardOf({ pool }: { pool: Pool | undefined }): VNode {
  const { query } = usePlace();
  const by = orders.some(o => o.id === query['by']) ? query['by']! : 'hashrate';
  const window = windows.some(w => w.id === query['window']) ? query['window']! : '1d';
  const answer = useApi<List<Leader>>(
    pool ? `/pools/${pool.id}/leaderboard?by=${by}&window=${window}&limit=100` : null,
    { every: 60, always: 60 },
  );
  return (
    <Page title="Miners" lead="Who carries the pool. Addresses are public, as they are on the chain.">
      <Panel
        title="Leaderboard"
        class="leaders-panel"
        actions={
          <>
            <Segmented
              label="Order"
              items={orders}
              selected={by}
              onSelect={id => setQuery({ by: id === 'hashrate' ? null : id })}
            />
            <Segmented
              label="Window"
              items={windows}
              selected={window}
              onSelect={id => setQuery({ window: id === '1d' ? null : id })}
            />
          </>
        }
      >
        {answer.error && !answer.data ? (
          <Failed error={answer.error} retry={answer.reload} />
        ) : (
          <>
            {answer.error ? <Outdated error={answer.error} retry={answer.reload} /> : null}
            <Table
              caption="Miners by rank"
              columns={columns(pool)}
              rows={answer.data?.items}
              id={row => row.address}
              skeletonRows={10}
              empty={
                <Empty title="Nobody has mined in this time" icon="podium">
                  <ButtonLink href="/connect" tone="primary">
                    Be the first
                  </ButtonLink>
                </Empty>
              }
            />
          </>
        )}
      </Panel>
    </Page>
  );
}

const columns = (pool: Pool | undefined): Column<Leader>[] => [
  { key: 'rank', name: 'Rank', cell: r => <span class={`rank rank-${r.rank}`}>{r.rank}</span> },
  {
    key: 'address',
    name: 'Miner',
    primary: true,
    cell: r => (
      <Hash
        value={r.address}
        link={`/miners/${encodeURIComponent(r.address)}${pool ? `?pool=${pool.id}` : ''}`}
        head={10}
        tail={8}
      />
    ),
  },
  { key: 'rate', name: 'Hash rate', align: 'end', cell: r => <Rate of={r.hashrate} /> },
  {
    key: 'part',
    name: 'Of the pool',
    cell: r => (
      <span class="part">
        <span class="num">{percent(r.fraction)}</span>
        <Bar share={r.fraction} />
      </span>
    ),
  },
  { key: 'workers', name: 'Workers', align: 'end', cell: r => <span class="num">{count(r.workers)}</span> },
  { key: 'shares', name: 'Shares', align: 'end', hide: 'phone', cell: r => <span class="num">{count(r.shares)}</span> },
  { key: 'blocks', name: 'Blocks', align: 'end', cell: r => <span class="num">{count(r.blocks)}</span> },
  {
    key: 'best',
    name: 'Best share',
    align: 'end',
    cell: r => <span class="num">{r.bestDifficulty ? difficulty(r.bestDifficulty) : '–'}</span>,
  },
];
