// What waits to be paid and why, what has been made of it, and every hold; each decision with its reason.
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Items } from '../../api/account';
import type { AdminPayout, Hold, WaitingPayout } from '../../api/admin';
import { api } from '../../api/client';
import { usePages } from '../../api/use';
import { usePool } from '../../pools';
import { count } from '../../format/units';
import { Ago, Badge, Button, Coins, Empty, Hash, PagedTable, Panel, State, Tabs, type Column } from '../../ui';
import { useAsk, type Question } from '../parts/ask';
import { Name } from '../parts/name';
import { AdminPage, forStaff } from '../parts/side';
import { Only, useWatched, WatchedTable } from './parts';

function Payouts(): VNode {
  const [tab, setTab] = useState('waiting');
  return (
    <AdminPage
      title="Payouts"
      lead="Nothing is sent twice, nothing is sent past a hold. A stuck payout is never rebuilt by itself."
    >
      <Panel>
        <Tabs
          label="Payouts"
          selected={tab}
          onSelect={setTab}
          items={[
            { id: 'waiting', name: 'Waiting' },
            { id: 'made', name: 'Made' },
            { id: 'holds', name: 'Holds' },
          ]}
        >
          {tab === 'waiting' ? <Waiting /> : tab === 'made' ? <Made /> : <Holds />}
        </Tabs>
      </Panel>
    </AdminPage>
  );
}

const why: Record<string, { word: string; tone: 'good' | 'warn' | 'bad' | 'info' | 'quiet'; says: string }> = {
  approval: { word: 'needs approval', tone: 'warn', says: 'above the sum that is paid without a person' },
  frozen: { word: 'account held', tone: 'bad', says: 'an operator holds this account' },
  'pool-frozen': { word: 'pool frozen', tone: 'bad', says: 'an operator froze all payouts of the pool' },
  paused: { word: 'paused by owner', tone: 'quiet', says: 'the owner switched payouts off' },
  'no-address': { word: 'no address', tone: 'quiet', says: 'no payout address of this coin is known' },
  'next-round': { word: 'next round', tone: 'good', says: 'is paid by itself' },
};

function Waiting(): VNode {
  const { pools } = usePool();
  const source = usePages<WaitingPayout>('/admin/payouts/waiting', {
    limit: 50,
    every: 30,
    always: 30,
    id: w => `${w.pool} ${w.account}`,
  });
  const [ask, question] = useAsk();
  const symbol = (row: WaitingPayout): string | undefined => pools?.find(p => p.id === row.pool)?.symbol;
  const approve = (row: WaitingPayout): void =>
    ask({
      title: 'Approve this payout?',
      act: `Approve ${row.amount.decimal} ${symbol(row) ?? ''}`,
      reason: true,
      done: 'Approved. The next round pays it.',
      says: (
        <>
          <p>
            The next round of {row.pool} sends up to <Coins of={row.amount} symbol={symbol(row)} /> to
          </p>
          <p class="mono breaks">
            <Name of={row.address} none="no address yet" />
          </p>
          <p>
            for account <Name of={row.account} class="mono breaks" />. The approval is good for this sum once.
          </p>
        </>
      ),
      run: async reason => {
        await api.post('/admin/payouts/approve', {
          pool: row.pool,
          account: row.account,
          amount: row.amount.decimal,
          reason,
        });
        source.reload();
      },
    });
  const hold = (row: WaitingPayout, isHeld: boolean): void =>
    ask({
      title: isHeld ? 'Release this account?' : 'Hold this account?',
      act: isHeld ? 'Release' : 'Hold payouts',
      danger: !isHeld,
      reason: true,
      done: isHeld ? 'Released.' : 'Held.',
      says: isHeld ? (
        <p>The next round pays it if it is due.</p>
      ) : (
        <p>
          Nothing is paid to <Name of={row.account} class="mono breaks" /> until somebody releases it. It goes on
          earning, and its owner sees the hold.
        </p>
      ),
      run: async reason => {
        await api.post(`/admin/accounts/${encodeURIComponent(row.account)}/${isHeld ? 'release' : 'freeze'}`, {
          reason,
        });
        source.reload();
      },
    });
  const columns: Column<WaitingPayout>[] = [
    {
      key: 'account',
      name: 'Account',
      primary: true,
      cell: w => (
        <Hash value={w.account} link={`/miners/${encodeURIComponent(w.account)}`} copy={false} head={10} tail={8} />
      ),
    },
    { key: 'pool', name: 'Pool', cell: w => w.pool },
    { key: 'amount', name: 'Amount', align: 'end', cell: w => <Coins of={w.amount} symbol={symbol(w)} /> },
    {
      key: 'why',
      name: 'Why it waits',
      cell: w => (
        <>
          <Badge tone={why[w.why]?.tone} title={why[w.why]?.says}>
            {why[w.why]?.word ?? w.why}
          </Badge>
          {w.requested && (
            <>
              {' '}
              <Badge tone="info">asked for</Badge>
            </>
          )}
        </>
      ),
    },
    {
      key: 'act',
      name: 'Act',
      align: 'end',
      cell: w => (
        <Only role="operator">
          <span class="acts">
            {w.why === 'approval' && (
              <Button tone="primary" onClick={() => approve(w)}>
                Approve…
              </Button>
            )}
            <Button tone="ghost" onClick={() => hold(w, w.why === 'frozen')}>
              {w.why === 'frozen' ? 'Release…' : 'Hold…'}
            </Button>
          </span>
        </Only>
      ),
    },
  ];
  return (
    <>
      <PagedTable
        caption="Waiting to be paid"
        columns={columns}
        source={source}
        id={w => `${w.pool} ${w.account}`}
        empty={<Empty title="Nobody waits to be paid" icon="check" />}
      />
      {question}
    </>
  );
}

const acts: Record<'freeze' | 'release' | 'cancel', Pick<Question, 'title' | 'act' | 'danger' | 'done' | 'says'>> = {
  freeze: {
    title: 'Freeze this payout?',
    act: 'Freeze',
    danger: true,
    done: 'Frozen.',
    says: (
      <p>It is not signed or sent until somebody releases it. Only a payout that is not signed yet can be stopped.</p>
    ),
  },
  release: {
    title: 'Release this payout?',
    act: 'Release',
    done: 'Released.',
    says: <p>It goes on where it stopped: it is signed and sent with the next round.</p>,
  },
  cancel: {
    title: 'Cancel this payout?',
    act: 'Cancel the payout',
    danger: true,
    done: 'Cancelled.',
    says: <p>Its sums go back to the balances they came from. It was not signed, so nothing was sent.</p>,
  },
};

function Made(): VNode {
  const { pools } = usePool();
  const source = usePages<AdminPayout>('/admin/payouts', {
    limit: 50,
    every: 30,
    always: 30,
    on: ['payout'],
    id: p => p.payout.id,
  });
  const [ask, question] = useAsk();
  const decide = (row: AdminPayout, what: keyof typeof acts): void =>
    ask({
      ...acts[what],
      reason: true,
      run: async reason => {
        await api.post(`/admin/payouts/${row.payout.id}/${what}`, { reason });
        source.reload();
      },
    });
  const symbol = (row: AdminPayout): string | undefined => pools?.find(p => p.id === row.pool)?.symbol;
  const columns: Column<AdminPayout>[] = [
    {
      key: 'id',
      name: 'Payout',
      primary: true,
      cell: p => (
        <>
          <b class="num">#{p.payout.id}</b> {p.pool}{' '}
          <span class="quiet">
            <Ago time={p.payout.time} />
          </span>
        </>
      ),
    },
    { key: 'total', name: 'Total', align: 'end', cell: p => <Coins of={p.payout.total} symbol={symbol(p)} /> },
    { key: 'lines', name: 'To', align: 'end', cell: p => <span class="num">{count(p.payout.lines)}</span> },
    {
      key: 'state',
      name: 'State',
      cell: p => (
        <>
          {p.frozen ? <State of="frozen" title={p.frozenReason ?? undefined} /> : <State of={p.payout.state} />}
          {p.payout.stuck && (
            <>
              {' '}
              <State of="stuck" title={p.payout.reason} />
            </>
          )}
        </>
      ),
    },
    {
      key: 'txid',
      name: 'Transaction',
      cell: p =>
        p.payout.txid ? <Hash value={p.payout.txid} link={p.payout.explorer} /> : <span class="quiet">none yet</span>,
    },
    {
      key: 'confirmations',
      name: 'Confirmations',
      align: 'end',
      hide: 'phone',
      cell: p => <span class="num">{count(p.payout.confirmations)}</span>,
    },
    {
      key: 'act',
      name: 'Act',
      align: 'end',
      cell: p =>
        p.payout.state !== 'prepared' ? (
          <span class="quiet">–</span>
        ) : (
          <Only role="operator">
            <span class="acts">
              <Button tone="ghost" onClick={() => decide(p, p.frozen ? 'release' : 'freeze')}>
                {p.frozen ? 'Release…' : 'Freeze…'}
              </Button>
              <Button tone="ghost" onClick={() => decide(p, 'cancel')}>
                Cancel…
              </Button>
            </span>
          </Only>
        ),
    },
  ];
  return (
    <>
      <PagedTable
        caption="Payouts that were made"
        columns={columns}
        source={source}
        id={p => p.payout.id}
        empty={<Empty title="No payout yet" icon="coins" />}
      />
      {question}
    </>
  );
}

function Holds(): VNode {
  const holds = useWatched<Items<Hold>>('/admin/holds?all=true', 30);
  return (
    <WatchedTable
      caption="Holds"
      of={holds}
      id={h => h.id}
      empty={<Empty title="Nothing is or was held" icon="check" />}
      columns={[
        {
          key: 'subject',
          name: 'What',
          primary: true,
          cell: h => (
            <>
              <Badge>{h.kind}</Badge> <Name of={h.subject} class="mono" />
            </>
          ),
        },
        {
          key: 'reason',
          name: 'Why',
          cell: h => (
            <span class="wraps">
              <Name of={h.reason} />
            </span>
          ),
        },
        {
          key: 'by',
          name: 'By',
          cell: h => (
            <>
              <Name of={h.by} />{' '}
              <span class="quiet">
                <Ago time={h.since} />
              </span>
            </>
          ),
        },
        {
          key: 'state',
          name: 'State',
          cell: h =>
            h.releasedAt ? (
              <span class="wraps">
                <Badge tone="good">released</Badge> by <Name of={h.releasedBy} /> <Ago time={h.releasedAt} />:{' '}
                <Name of={h.releaseReason} none="" />
              </span>
            ) : (
              <State of="held" />
            ),
        },
      ]}
    />
  );
}

export default forStaff('Payouts', Payouts);
