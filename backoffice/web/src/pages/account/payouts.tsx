// Balances, how and where one is paid, asking for a payout, and what has been paid.
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Account, CoinBalance, Items, PayoutRequest, PayoutSettings } from '../../api/account';
import { api } from '../../api/client';
import type { MinerPayout } from '../../api/miner';
import { useApi, usePages, type Pages } from '../../api/use';
import { usePool } from '../../pools';
import {
  Ago,
  Badge,
  Button,
  Coins,
  Empty,
  Facts,
  Failed,
  Hash,
  Loaded,
  PagedTable,
  Panel,
  Skeleton,
  State,
  Table,
  Tile,
  Tiles,
} from '../../ui';
import { paymentColumns } from '../miner/history';
import { WithAccount } from '../parts/account-choice';
import { useAsk } from '../parts/ask';
import { AccountPage, forOwner } from '../parts/side';
import { Soon } from '../parts/soon';
import { SettingsDialog } from './settings-dialog';

function Payouts(): VNode {
  return (
    <AccountPage title="Payouts" lead="Where your coins go, from which sum, and when.">
      <WithAccount>
        {(account, choice) => (
          <>
            {choice}
            <OfAccount key={account.name} account={account} />
          </>
        )}
      </WithAccount>
    </AccountPage>
  );
}

function OfAccount({ account }: { account: Account }): VNode {
  const settings = useApi<Items<PayoutSettings>>(`/payout-settings?account=${encodeURIComponent(account.name)}`, {
    every: 0,
    on: ['payout'],
  });
  const requests = usePages<PayoutRequest>('/payout', {
    query: { account: account.name },
    limit: 10,
    on: ['payout'],
    every: 60,
  });
  const onChanged = (): void => {
    settings.reload();
    requests.reload();
  };
  return (
    <>
      <Loaded
        of={settings}
        skeleton={<Skeleton lines={10} tall />}
        empty={[s => s.items.length === 0, <Empty title="No coin here pays" icon="coins" />]}
      >
        {list => list.items.map(one => <Coin key={`${one.coin} ${one.network}`} of={one} onChanged={onChanged} />)}
      </Loaded>
      {settings.data && <Paid account={account.name} />}
      {settings.data && <Requests source={requests} />}
    </>
  );
}

function Coin({ of, onChanged }: { of: PayoutSettings; onChanged: () => void }): VNode {
  const [isOpen, open] = useState(false);
  const [ask, question] = useAsk();
  const balance = useApi<CoinBalance>(
    `/balance/${encodeURIComponent(of.coin)}?account=${encodeURIComponent(of.account)}&network=${encodeURIComponent(of.network)}`,
    { on: ['payout', 'block'], every: 60 },
  );
  const keep = (): void =>
    ask({
      title: 'Keep the old address?',
      act: 'Cancel the change',
      done: 'The old address stays.',
      says: (
        <p>
          Payouts go on to <Hash value={of.change?.from ?? of.address ?? ''} copy={false} />. Asking again starts the
          wait of {of.delayHours} hours anew.
        </p>
      ),
      run: async () => {
        await api.post('/payout-settings/cancel-change', { account: of.account, coin: of.coin, network: of.network });
        onChanged();
      },
    });
  const b = balance.data;
  return (
    <Panel
      title={`${of.symbol} · ${of.coin} ${of.network}`}
      actions={
        <Button onClick={() => open(true)} disabled={of.frozen}>
          Change settings
        </Button>
      }
    >
      {of.frozen && (
        <p class="banner bad" role="status">
          The operator holds the payouts of this account. Its balance stays. Write to the operator.
        </p>
      )}
      {of.change && (
        <div class="banner warn" role="status">
          <div>
            <p>
              <b>
                The payout address changes <Soon time={of.change.due} past="with the next round" />.
              </b>
            </p>
            <p>
              From {of.change.from ? <Hash value={of.change.from} copy={false} /> : 'none'} to{' '}
              <Hash value={of.change.to} copy={false} head={14} tail={10} />. Until then nothing is sent to the new one,
              and you can keep the old.
            </p>
            <Button tone="danger" onClick={keep}>
              Cancel the change
            </Button>
          </div>
        </div>
      )}
      {balance.error && !b ? (
        <Failed error={balance.error} retry={balance.reload} />
      ) : (
        <Tiles label={`Balance in ${of.symbol}`}>
          <Tile
            label="Confirmed"
            tone="accent"
            value={b && <Coins of={b.confirmed} symbol={of.symbol} />}
            note="can be paid"
          />
          <Tile
            label="Immature"
            value={b && <Coins of={b.immature} symbol={of.symbol} />}
            note="blocks not deep enough yet"
          />
          <Tile label="On its way" value={b && <Coins of={b.inFlight} symbol={of.symbol} />} note="in a payout" />
          <Tile label="Paid" value={b && <Coins of={b.paid} symbol={of.symbol} />} note="so far" />
        </Tiles>
      )}
      <Facts
        of={[
          [
            'Paid to',
            of.address ? <Hash value={of.address} head={10} tail={8} /> : <span class="quiet">no address yet</span>,
          ],
          [
            'From',
            <>
              <Coins of={of.threshold} symbol={of.symbol} />{' '}
              {of.ownThreshold ? <Badge tone="info">your own</Badge> : <span class="quiet">the pool's</span>}
            </>,
          ],
          [
            'When',
            <>
              {schedules[of.schedule] ?? of.schedule}
              {of.paused && (
                <>
                  {' '}
                  <Badge tone="warn">paused</Badge>
                </>
              )}
            </>,
          ],
        ]}
      />
      <AskForPayout
        of={of}
        balance={b}
        onDone={() => {
          balance.reload();
          onChanged();
        }}
      />
      <SettingsDialog
        of={of}
        open={isOpen}
        onClose={() => open(false)}
        onSaved={() => {
          open(false);
          onChanged();
        }}
      />
      {question}
    </Panel>
  );
}

export const schedules: Record<string, string> = {
  auto: 'as soon as the threshold is reached',
  daily: 'once a day',
  weekly: 'once a week',
  manual: 'only when you ask for it',
};

function AskForPayout({
  of,
  balance,
  onDone,
}: {
  of: PayoutSettings;
  balance: CoinBalance | undefined;
  onDone: () => void;
}): VNode | null {
  const [ask, question] = useAsk();
  const ready = (balance?.pools ?? []).filter(p => BigInt(p.confirmed.amount) >= BigInt(of.requestMin.amount));
  const request = (pool: CoinBalance['pools'][number]): void => {
    // One key per question: a second press, or an answer that got lost, is the same request.
    const key = Array.from(crypto.getRandomValues(new Uint8Array(16)), b => b.toString(16).padStart(2, '0')).join('');
    ask({
      title: 'Ask for a payout now?',
      act: 'Ask for it',
      done: 'Asked. The next round pays it.',
      says: (
        <p>
          The next round sends about <Coins of={pool.confirmed} symbol={of.symbol} /> of pool {pool.pool} to{' '}
          <Hash value={of.address ?? ''} copy={false} head={14} tail={8} />. The transaction's fee is as usual.
        </p>
      ),
      run: async () => {
        await api.post('/payout', { account: of.account, pool: pool.pool }, { 'idempotency-key': key });
        onDone();
      },
    });
  };
  if (!of.address || of.frozen) return null;
  // Its place is kept until the balance is known.
  if (!balance) return <div class="request" />;
  return (
    <div class="request">
      {ready.length === 0 ? (
        <p class="quiet small">
          You can ask for a payout from <Coins of={of.requestMin} symbol={of.symbol} /> confirmed.
        </p>
      ) : (
        ready.map(pool => (
          <Button key={pool.pool} tone="primary" onClick={() => request(pool)}>
            Ask for a payout{ready.length > 1 ? ` of ${pool.pool}` : ''}
          </Button>
        ))
      )}
      {question}
    </div>
  );
}

const requestTone: Record<string, string> = {
  waiting: 'pending',
  'waits-for-approval': 'held',
  'in-payout': 'broadcast',
  sent: 'broadcast',
  paid: 'paid',
  cancelled: 'off',
};

function Requests({ source }: { source: Pages<PayoutRequest> }): VNode | null {
  const { pools } = usePool();
  const [ask, question] = useAsk();
  const symbol = (row: PayoutRequest): string | undefined => pools?.find(p => p.id === row.pool)?.symbol;
  const cancel = (row: PayoutRequest): void =>
    ask({
      title: 'Take the request back?',
      act: 'Take it back',
      done: 'Taken back.',
      says: <p>Nothing is sent for it; your balance stays, and your schedule goes on.</p>,
      run: async () => {
        await api.delete(`/payout/${row.id}`);
        source.reload();
      },
    });
  if (!source.items?.length) return null;
  return (
    <Panel title="Asked for">
      <Table
        caption="Payouts that you asked for"
        rows={source.items}
        id={r => r.id}
        skeletonRows={1}
        columns={[
          { key: 'time', name: 'When', primary: true, cell: r => <Ago time={r.requestedAt} /> },
          { key: 'pool', name: 'Pool', cell: r => r.pool },
          { key: 'amount', name: 'Amount', align: 'end', cell: r => <Coins of={r.amount} symbol={symbol(r)} /> },
          {
            key: 'state',
            name: 'State',
            cell: r => <State of={requestTone[r.state] ?? r.state} text={r.state.replaceAll('-', ' ')} />,
          },
          {
            key: 'act',
            name: 'Act',
            align: 'end',
            cell: r =>
              r.state === 'waiting' || r.state === 'waits-for-approval' ? (
                <Button tone="ghost" onClick={() => cancel(r)}>
                  Take back…
                </Button>
              ) : r.txid ? (
                <Hash value={r.txid} />
              ) : null,
          },
        ]}
      />
      {question}
    </Panel>
  );
}

function Paid({ account }: { account: string }): VNode {
  const { pools } = usePool();
  const source = usePages<MinerPayout>('/payouts', {
    query: { account },
    id: p => `${p.pool} ${p.id}`,
    limit: 25,
    on: ['payout'],
    every: 60,
  });
  return (
    <Panel title="Paid">
      <PagedTable
        caption="Payments to this account"
        source={source}
        id={p => `${p.pool} ${p.id}`}
        columns={paymentColumns(row => pools?.find(p => p.id === row.pool)?.symbol ?? '')}
        empty={
          <Empty title="No payment yet" icon="coins">
            The first one is made when the confirmed balance reaches the threshold.
          </Empty>
        }
      />
    </Panel>
  );
}

export default forOwner('Payouts', Payouts);
