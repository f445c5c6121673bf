import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { usePages } from '../../api/use';
import type { Credit, MinerPayout } from '../../api/miner';
import type { Block, Pool } from '../../api/types';
import { count, percent } from '../../format/units';
import { Ago, Coins, Empty, Hash, PagedTable, Panel, State, Tabs, type Column } from '../../ui';
import { Name } from '../parts/name';

/** Payments, the credits that they are made of, and the blocks that this miner found. */
export function History({ path, pool }: { path: string; pool: Pool }): VNode {
  const [tab, setTab] = useState('payments');
  return (
    <Panel title="History">
      <Tabs
        label="History"
        selected={tab}
        onSelect={setTab}
        items={[
          { id: 'payments', name: 'Payments' },
          { id: 'credits', name: 'Credits' },
          { id: 'blocks', name: 'Blocks found' },
        ]}
      >
        {tab === 'payments' ? (
          <Payments path={path} pool={pool} />
        ) : tab === 'credits' ? (
          <Credits path={path} pool={pool} />
        ) : (
          <Found path={path} pool={pool} />
        )}
      </Tabs>
    </Panel>
  );
}

export const paymentColumns = (symbol: (row: MinerPayout) => string): Column<MinerPayout>[] => [
  { key: 'time', name: 'When', primary: true, cell: p => <Ago time={p.time} /> },
  { key: 'amount', name: 'Amount', align: 'end', cell: p => <Coins of={p.amount} symbol={symbol(p)} /> },
  { key: 'fee', name: 'Fee', align: 'end', hide: 'phone', cell: p => <Coins of={p.fee} symbol={symbol(p)} /> },
  { key: 'state', name: 'State', cell: p => <State of={p.state} /> },
  { key: 'address', name: 'To', hide: 'phone', cell: p => <Hash value={p.address} copy={false} /> },
  {
    key: 'confirmations',
    name: 'Confirmations',
    align: 'end',
    hide: 'phone',
    cell: p => <span class="num">{count(p.confirmations)}</span>,
  },
  {
    key: 'txid',
    name: 'Transaction',
    cell: p => (p.txid ? <Hash value={p.txid} link={p.explorer} /> : <span class="quiet">not yet</span>),
  },
];

function Payments({ path, pool }: { path: string; pool: Pool }): VNode {
  const source = usePages<MinerPayout>(`${path}/payouts`, { limit: 25, on: ['payout'], pool: pool.id });
  return (
    <PagedTable
      caption="Payments to this miner"
      columns={paymentColumns(() => pool.symbol)}
      source={source}
      id={p => p.id}
      empty={
        <Empty title="No payment yet" icon="coins">
          The first one is made when the confirmed balance reaches the threshold.
        </Empty>
      }
    />
  );
}

function Credits({ path, pool }: { path: string; pool: Pool }): VNode {
  const source = usePages<Credit>(`${path}/credits`, { limit: 25, on: ['block'], pool: pool.id });
  const link = (hash: string): string | null => pool.explorerBlock?.replace('{hash}', hash) ?? null;
  const columns: Column<Credit>[] = [
    { key: 'height', name: 'Block', primary: true, cell: c => <span class="num">{count(c.height)}</span> },
    { key: 'amount', name: 'Credit', align: 'end', cell: c => <Coins of={c.amount} symbol={pool.symbol} /> },
    { key: 'state', name: 'State', cell: c => <State of={c.state} /> },
    { key: 'time', name: 'Found', cell: c => <Ago time={c.time} /> },
    { key: 'hash', name: 'Hash', hide: 'phone', cell: c => <Hash value={c.hash} link={link(c.hash)} /> },
  ];
  return (
    <PagedTable
      caption="Credits of blocks"
      columns={columns}
      source={source}
      id={c => c.hash}
      empty={
        <Empty title="No credit yet" icon="cube">
          Each block of the pool credits the work that led to it.
        </Empty>
      }
    />
  );
}

function Found({ path, pool }: { path: string; pool: Pool }): VNode {
  const source = usePages<Block>(`${path}/blocks`, { limit: 25, on: ['block'], pool: pool.id });
  const columns: Column<Block>[] = [
    { key: 'height', name: 'Block', primary: true, cell: b => <span class="num">{count(b.height)}</span> },
    { key: 'time', name: 'Found', cell: b => <Ago time={b.time} /> },
    { key: 'worker', name: 'By', cell: b => <Name of={b.worker} /> },
    { key: 'state', name: 'State', cell: b => <State of={b.state} /> },
    { key: 'effort', name: 'Effort', align: 'end', cell: b => <span class="num">{percent(b.effort)}</span> },
    { key: 'hash', name: 'Hash', hide: 'phone', cell: b => <Hash value={b.hash} link={b.explorer} /> },
  ];
  return (
    <PagedTable
      caption="Blocks that this miner found"
      columns={columns}
      source={source}
      id={b => b.hash}
      empty={
        <Empty title="No block yet" icon="cube">
          Every share has its chance.
        </Empty>
      }
    />
  );
}
