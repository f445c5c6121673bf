import type { VNode } from 'preact';
import { useApi, usePages } from '../api/use';
import type { Block, Pool } from '../api/types';
import { exact } from '../format/time';
import { count, difficulty, percent } from '../format/units';
import { BlockState } from '../parts/block-state';
import { Effort } from '../parts/effort';
import { coinName, PoolGate } from '../parts/pool-gate';
import { useStats } from '../pools';
import { setQuery, usePlace } from '../router';
import {
  Ago,
  Button,
  Coins,
  Dialog,
  Empty,
  Facts,
  Failed,
  Hash,
  Out,
  Page,
  PagedTable,
  Panel,
  Segmented,
  Skeleton,
  Tile,
  Tiles,
  type Column,
} from '../ui';

const states = [
  { id: '', name: 'All' },
  { id: 'immature', name: 'Maturing' },
  { id: 'confirmed', name: 'Confirmed' },
  { id: 'orphaned', name: 'Orphaned' },
];

export default function Blocks(): VNode {
  return <PoolGate>{pool => <BlocksOf pool={pool} />}</PoolGate>;
}

function BlocksOf({ pool }: { pool: Pool | undefined }): VNode {
  const { query } = usePlace();
  const state = states.some(s => s.id === query['state']) ? query['state']! : '';
  return (
    <Page title="Blocks" lead={pool ? `What the ${coinName(pool)} pool has found, and what became of it.` : '\u00a0'}>
      <Summary pool={pool} />
      <Panel
        title="Found"
        class="blocks-panel"
        actions={<Segmented label="State" items={states} selected={state} onSelect={id => setQuery({ state: id })} />}
      >
        <BlockTable pool={pool} state={state} />
      </Panel>
      <Details pool={pool} hash={query['block']} />
    </Page>
  );
}

function Summary({ pool }: { pool: Pool | undefined }): VNode {
  const { data: s } = useStats(pool?.id);
  const luck = s?.luck?.[s.luck.length - 1];
  return (
    <Tiles label="Blocks in figures">
      <Tile label="Confirmed" value={s && count(s.blocks.confirmed)} note="spendable" tone="good" />
      <Tile
        label="Maturing"
        value={s && count(s.blocks.immature)}
        note={pool && `for ${pool.coinbaseMaturity} confirmations`}
      />
      <Tile
        label="Orphaned"
        value={s && count(s.blocks.orphaned)}
        note={s && s.blocks.found > 0 ? `${percent(s.blocks.orphaned / s.blocks.found)} of all` : 'none found yet'}
      />
      <Tile
        label="Luck"
        value={s && (luck ? percent(luck.luck, 0) : '–')}
        note={luck ? `± ${percent(luck.error, 0)} over ${luck.blocks} blocks` : 'needs blocks'}
      />
      <Tile label="This round" value={s && percent(s.effort, 0)} note="of the work of a block" />
    </Tiles>
  );
}

const columns = (pool: Pool | undefined): Column<Block>[] => [
  { key: 'height', name: 'Height', cell: b => <span class="num">{count(b.height)}</span> },
  { key: 'time', name: 'Found', cell: b => <Ago time={b.time} /> },
  { key: 'state', name: 'State', cell: b => <BlockState block={b} maturity={pool?.coinbaseMaturity ?? 100} /> },
  { key: 'effort', name: 'Effort', cell: b => <Effort of={b.effort} /> },
  { key: 'reward', name: 'Reward', align: 'end', cell: b => <Coins of={b.reward} symbol={pool?.symbol} /> },
  {
    key: 'finder',
    name: 'Finder',
    cell: b => <Hash value={b.finder} link={`/miners/${encodeURIComponent(b.finder)}`} copy={false} />,
  },
  { key: 'hash', name: 'Hash', hide: 'phone', cell: b => <Hash value={b.hash} link={b.explorer} head={4} tail={12} /> },
];

function BlockTable({ pool, state }: { pool: Pool | undefined; state: string }): VNode {
  const source = usePages<Block>(pool ? `/pools/${pool.id}/blocks` : null, {
    limit: 25,
    query: { state },
    on: ['block'],
    pool: pool?.id,
  });
  return (
    <PagedTable
      caption="Blocks, newest first"
      columns={columns(pool)}
      source={source}
      id={b => b.hash}
      skeletonRows={12}
      onRow={b => setQuery({ block: b.hash })}
      empty={
        <Empty title={state ? 'No block in this state' : 'No block yet'} icon="cube">
          {state ? (
            <Button onClick={() => setQuery({ state: null })}>All blocks</Button>
          ) : (
            'The first one will show up here by itself.'
          )}
        </Empty>
      }
    />
  );
}

/** All that is known of a block; its hash stands in the address bar, so that it can be sent to somebody. */
function Details({ pool, hash }: { pool: Pool | undefined; hash: string | undefined }): VNode {
  const answer = useApi<Block>(pool && hash ? `/pools/${pool.id}/blocks/${encodeURIComponent(hash)}` : null, {
    on: ['block'],
    pool: pool?.id,
  });
  const block = answer.data;
  return (
    <Dialog
      open={!!hash}
      title={block ? `Block ${count(block.height)}` : 'Block'}
      onClose={() => setQuery({ block: null })}
    >
      {answer.error && !block ? (
        <Failed error={answer.error} retry={answer.reload} />
      ) : !block || !pool ? (
        <Skeleton lines={8} />
      ) : (
        <BlockFacts block={block} pool={pool} />
      )}
    </Dialog>
  );
}

function BlockFacts({ block, pool }: { block: Block; pool: Pool }): VNode {
  return (
    <div class="stack block-facts">
      {block.state === 'orphaned' ? (
        <p class="orphan-reason">
          Not in the chain: {block.reason || 'another block took its height'}. Nothing was paid for it.
        </p>
      ) : null}
      <Facts
        of={[
          ['State', <BlockState block={block} maturity={pool.coinbaseMaturity} />],
          [
            'Found',
            <>
              {exact(block.time)}{' '}
              <span class="quiet">
                (<Ago time={block.time} />)
              </span>
            </>,
          ],
          ['Reward', <Coins of={block.reward} symbol={pool.symbol} />],
          ['Split', `${block.scheme.toUpperCase()}${block.credits ? `, ${count(block.credits)} accounts` : ''}`],
          ['Effort', <Effort of={block.effort} />],
          ['Luck', block.luck ? percent(block.luck, 0) : '–'],
          ['Network difficulty', block.networkDifficulty ? difficulty(block.networkDifficulty) : '–'],
          ['Finder', <Hash value={block.finder} link={`/miners/${encodeURIComponent(block.finder)}`} />],
          ['Worker', block.worker || '(no name)'],
          ['Hash', <Hash value={block.hash} head={6} tail={14} />],
        ]}
      />
      {block.reason && block.state !== 'orphaned' ? <p class="hint">{block.reason}</p> : null}
      {block.explorer ? (
        <p>
          <Out href={block.explorer}>Look at it in a public explorer</Out>
        </p>
      ) : null}
    </div>
  );
}
