import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Items } from '../../api/account';
import { api, ApiError } from '../../api/client';
import type { Hold } from '../../api/admin';
import type { KnownMiner } from '../../api/miner';
import type { Miner } from '../../api/types';
import { usePages } from '../../api/use';
import { usePool } from '../../pools';
import { setQuery, type PageProps } from '../../router';
import { count } from '../../format/units';
import {
  Ago,
  Badge,
  Button,
  ButtonLink,
  Coins,
  Empty,
  Field,
  Form,
  Hash,
  Icon,
  PagedTable,
  Panel,
  Rate,
  Segmented,
  TextInput,
  type Column,
} from '../../ui';
import { useAction } from '../parts/action';
import { useAsk } from '../parts/ask';
import { Name } from '../parts/name';
import { AdminPage, forStaff } from '../parts/side';
import { Only, useWatched } from './parts';

function Miners({ query }: PageProps): VNode {
  const { pool, pools, select } = usePool();
  const sort = query['sort'] === 'balance' ? 'balance' : 'hashrate';
  const source = usePages<Miner>(pool ? `/pools/${pool.id}/miners` : null, {
    query: { sort },
    limit: 50,
    every: 60,
    always: 60,
  });
  const columns: Column<Miner>[] = [
    {
      key: 'address',
      name: 'Account',
      primary: true,
      cell: m => <Hash value={m.address} link={`/miners/${encodeURIComponent(m.address)}`} head={12} tail={8} />,
    },
    { key: 'rate', name: 'Hash rate', align: 'end', cell: m => <Rate of={m.hashrate} /> },
    { key: 'workers', name: 'Workers', align: 'end', cell: m => <span class="num">{count(m.workers)}</span> },
    { key: 'last', name: 'Last share', align: 'end', cell: m => <Ago time={m.lastShare} none="none" /> },
    { key: 'immature', name: 'Immature', align: 'end', hide: 'phone', cell: m => <Coins of={m.balances.immature} /> },
    {
      key: 'confirmed',
      name: 'Confirmed',
      align: 'end',
      cell: m => <Coins of={m.balances.confirmed} symbol={pool?.symbol} />,
    },
  ];
  return (
    <AdminPage title="Miners" lead="Find an account, see what it does and is owed, hold its payouts, or ban it.">
      <Find chosen={query['account']} />
      <Panel
        title="All miners"
        actions={
          <>
            {pools && pools.length > 1 && (
              <Segmented
                label="Pool"
                items={pools.map(p => ({ id: p.id, name: p.symbol }))}
                selected={pool?.id ?? ''}
                onSelect={select}
              />
            )}
            <Segmented
              label="Order"
              items={[
                { id: 'hashrate', name: 'Fastest' },
                { id: 'balance', name: 'Owed most' },
              ]}
              selected={sort}
              onSelect={id => setQuery({ sort: id === 'hashrate' ? null : id })}
            />
          </>
        }
      >
        <PagedTable
          caption="Miners"
          columns={columns}
          source={source}
          id={m => m.address}
          empty={<Empty title="No miner yet" icon="user" />}
        />
      </Panel>
    </AdminPage>
  );
}

function Find({ chosen }: { chosen: string | undefined }): VNode {
  const [text, setText] = useState(chosen ?? '');
  const [found, setFound] = useState<KnownMiner>();
  const [missing, setMissing] = useState<string>();
  const find = useAction(async () => {
    const wanted = text.trim();
    setFound(undefined);
    setMissing(undefined);
    try {
      setFound(await api.get<KnownMiner>(`/miners/${encodeURIComponent(wanted)}`));
    } catch (failure) {
      if (!(failure instanceof ApiError) || failure.status !== 404) throw failure;
      setMissing('No account of that name has sent a share.');
    }
  });
  return (
    <Panel title="Find an account">
      <Form
        onSubmit={() => void (text.trim() && find.run())}
        busy={find.busy}
        error={find.error}
        label="Find an account"
      >
        <Field label="Address or stratum name" error={missing}>
          <TextInput value={text} onInput={setText} maxLength={191} class="mono" />
        </Field>
        <div class="form-actions start">
          <Button type="submit" tone="primary" busy={find.busy}>
            <Icon name="search" size={18} />
            Find
          </Button>
        </div>
      </Form>
      {found && <Found of={found} />}
    </Panel>
  );
}

function Found({ of }: { of: KnownMiner }): VNode {
  const holds = useWatched<Items<Hold>>('/admin/holds', 30);
  const hold = holds.data?.items.find(h => h.kind === 'account' && h.subject === of.address && !h.releasedAt);
  const [ask, question] = useAsk();
  const freeze = (): void =>
    ask({
      title: 'Hold the payouts of this account?',
      act: 'Hold payouts',
      danger: true,
      reason: true,
      done: 'The payouts of the account are held.',
      says: (
        <p>
          <Name of={of.address} class="mono breaks" /> goes on mining and being credited; nothing is paid to it until
          somebody releases it. Its owner sees that.
        </p>
      ),
      run: async reason => {
        await api.post(`/admin/accounts/${encodeURIComponent(of.address)}/freeze`, { reason });
        holds.reload();
      },
    });
  const release = (): void =>
    ask({
      title: 'Release the payouts of this account?',
      act: 'Release',
      reason: true,
      done: 'Released.',
      says: <p>The next round pays it if it is due.</p>,
      run: async reason => {
        await api.post(`/admin/accounts/${encodeURIComponent(of.address)}/release`, { reason });
        holds.reload();
      },
    });
  return (
    <div class="found">
      <p class="row">
        <Hash value={of.address} head={18} tail={12} link={`/miners/${encodeURIComponent(of.address)}`} />
        {hold && <Badge tone="bad">payouts held</Badge>}
      </p>
      {hold && (
        <p class="quiet">
          Held by <Name of={hold.by} />, <Ago time={hold.since} />: <Name of={hold.reason} />
        </p>
      )}
      <ul class="card-pools">
        {of.pools.map(p => (
          <li key={p.pool}>
            <b>{p.symbol}</b>
            <Rate of={p.miner.hashrate} />
            <span class="quiet">{count(p.miner.workers)} workers</span>
            <Coins of={p.miner.balances.confirmed} symbol={p.symbol} />
          </li>
        ))}
      </ul>
      <Only role="operator">
        <div class="form-actions start">
          {hold ? (
            <Button tone="primary" onClick={release}>
              Release payouts…
            </Button>
          ) : (
            <Button tone="danger" onClick={freeze}>
              Hold payouts…
            </Button>
          )}
          <ButtonLink href={`/admin/bans?kind=account&target=${encodeURIComponent(of.address)}`}>Ban…</ButtonLink>
        </div>
      </Only>
      {question}
    </div>
  );
}

export default forStaff('Miners', Miners);
