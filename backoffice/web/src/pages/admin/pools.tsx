import type { VNode } from 'preact';
import type { Items } from '../../api/account';
import { api } from '../../api/client';
import type { Hold } from '../../api/admin';
import type { Pool, Stats } from '../../api/types';
import { count, percent } from '../../format/units';
import { usePool, useStats } from '../../pools';
import { Ago, Badge, Button, ButtonLink, Coins, Facts, Panel, Rate, Skeleton, State } from '../../ui';
import { useAsk } from '../parts/ask';
import { Name } from '../parts/name';
import { AdminPage, forStaff } from '../parts/side';
import { Only, useWatched } from './parts';

function Pools(): VNode {
  const { pools } = usePool();
  const holds = useWatched<Items<Hold>>('/admin/holds', 30);
  return (
    <AdminPage title="Pools" lead="How each is configured, how it does, and the switch of its payouts.">
      {pools ? (
        pools.map(pool => (
          <One
            key={pool.id}
            of={pool}
            hold={holds.data?.items.find(h => h.kind === 'pool' && h.subject === pool.id && !h.releasedAt)}
            onChanged={holds.reload}
          />
        ))
      ) : (
        <Skeleton lines={8} tall />
      )}
    </AdminPage>
  );
}

const blocksOf = ({ blocks }: Stats): string =>
  `${count(blocks.confirmed)} confirmed, ${count(blocks.immature)} immature, ${count(blocks.orphaned)} orphaned`;

function One({ of, hold, onChanged }: { of: Pool; hold: Hold | undefined; onChanged: () => void }): VNode {
  const stats = useStats(of.id).data;
  const [ask, question] = useAsk();
  const freeze = (): void =>
    ask({
      title: `Freeze all payouts of ${of.id}?`,
      act: 'Freeze payouts',
      danger: true,
      reason: true,
      done: 'Payouts are frozen.',
      says: (
        <p>
          From the next round on nothing is paid to anybody. Shares are credited and blocks are matured as before. What
          is signed already is sent.
        </p>
      ),
      run: async reason => {
        await api.post(`/admin/pools/${of.id}/payouts/freeze`, { reason });
        onChanged();
      },
    });
  const release = (): void =>
    ask({
      title: `Release the payouts of ${of.id}?`,
      act: 'Release payouts',
      reason: true,
      done: 'Payouts go on with the next round.',
      says: (
        <p>
          The next round pays everybody who is due
          {hold && (
            <>
              . Frozen by <Name of={hold.by} />: <Name of={hold.reason} />
            </>
          )}
          .
        </p>
      ),
      run: async reason => {
        await api.post(`/admin/pools/${of.id}/payouts/release`, { reason });
        onChanged();
      },
    });
  return (
    <Panel title={`${of.symbol} · ${of.id}`} actions={<ButtonLink href={`/pools/${of.id}`}>Open</ButtonLink>}>
      {hold && (
        <p class="banner bad" role="status">
          <span>
            Payouts frozen by <Name of={hold.by} />, <Ago time={hold.since} />: <Name of={hold.reason} />
          </span>
        </p>
      )}
      <Facts
        of={[
          ['Coin', `${of.coin} ${of.network}`],
          ['Algorithm', of.algorithm],
          ['Rewards', `${of.scheme}${of.pplnsWindow ? `, window ${of.pplnsWindow}` : ''}, fee ${of.feePercent} %`],
          [
            'Payouts',
            of.payoutsEnabled ? (
              hold ? (
                <State of="frozen" />
              ) : (
                <State of="ok" text="on" />
              )
            ) : (
              <Badge tone="warn">off</Badge>
            ),
          ],
          ['Hash rate', stats ? <Rate of={stats.hashrate} /> : '–'],
          ['Workers, miners', stats ? `${count(stats.workers)}, ${count(stats.miners)}` : '–'],
          ['Effort', stats ? percent(stats.effort) : '–'],
          ['Height', stats ? count(stats.network.height) : '–'],
          ['Owed, confirmed', <Coins of={stats?.balances.confirmed} symbol={of.symbol} />],
          ['Owed, immature', <Coins of={stats?.balances.immature} symbol={of.symbol} />],
          ['Blocks', stats ? blocksOf(stats) : '–'],
          ['Coinbase pays', <span class="mono breaks">{of.address}</span>],
        ]}
      />
      <Only role="operator">
        <div class="form-actions start">
          {hold ? (
            <Button tone="primary" onClick={release}>
              Release payouts…
            </Button>
          ) : (
            <Button tone="danger" onClick={freeze} disabled={!of.payoutsEnabled}>
              Freeze payouts…
            </Button>
          )}
        </div>
      </Only>
      {question}
    </Panel>
  );
}

export default forStaff('Pools', Pools);
