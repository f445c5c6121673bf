import type { VNode } from 'preact';
import type { Items } from '../../api/account';
import type { AdminShares, ShareTotals } from '../../api/admin';
import { count, percent } from '../../format/units';
import { Empty, Failed, Panel, Rate, Skeleton, Table } from '../../ui';
import { Stack } from '../parts/bars';
import { AdminPage, forStaff } from '../parts/side';
import { useWatched } from './parts';

export const kinds: { key: keyof ShareTotals; name: string; tone: string }[] = [
  { key: 'valid', name: 'Valid', tone: 'good' },
  { key: 'stale', name: 'Stale', tone: 'warn' },
  { key: 'duplicate', name: 'Duplicate', tone: 'accent' },
  { key: 'lowdiff', name: 'Low difficulty', tone: 'second' },
  { key: 'invalid', name: 'Invalid', tone: 'bad' },
  { key: 'unauthorized', name: 'Unauthorized', tone: 'quiet' },
  { key: 'unavailable', name: 'Unavailable', tone: 'bad' },
];

export const totalOf = (of: ShareTotals): number => kinds.reduce((sum, kind) => sum + of[kind.key], 0);

export const rejectedOfTotals = (of: ShareTotals): number => totalOf(of) - of.valid;

function Shares(): VNode {
  const shares = useWatched<Items<AdminShares>>('/admin/shares', 5);
  return (
    <AdminPage title="Shares" lead="By result: the last minute as a rate, and since each engine's process began.">
      {!shares.data ? (
        shares.error ? (
          <Failed error={shares.error} retry={shares.reload} />
        ) : (
          <Skeleton lines={8} tall />
        )
      ) : shares.data.items.length === 0 ? (
        <Panel>
          <Empty title="No engine has told of shares" icon="table" />
        </Panel>
      ) : (
        shares.data.items.map(pool => <Pool key={pool.pool} of={pool} />)
      )}
    </AdminPage>
  );
}

function Pool({ of }: { of: AdminShares }): VNode {
  const all = totalOf(of.total);
  const rows = kinds.map(kind => ({ ...kind, now: of.perSecond[kind.key], since: of.total[kind.key] }));
  return (
    <Panel
      title={of.pool}
      hint={
        <>
          <Rate of={of.hashrate} /> · {count(of.blocksFound)} blocks found
        </>
      }
    >
      <Stack
        label={`${percent(all ? of.total.valid / all : 0)} of ${count(all)} shares valid`}
        parts={kinds.map(kind => ({ value: of.total[kind.key], tone: kind.tone }))}
      />
      <Table
        caption={`Shares of pool ${of.pool} by result`}
        rows={rows}
        id={r => r.key}
        columns={[
          { key: 'name', name: 'Result', primary: true, cell: r => <span class={`key ${r.tone}`}>{r.name}</span> },
          {
            key: 'now',
            name: 'A second',
            align: 'end',
            cell: r => <span class="num">{r.now.toLocaleString('en', { maximumFractionDigits: 2 })}</span>,
          },
          { key: 'since', name: 'Since the start', align: 'end', cell: r => <span class="num">{count(r.since)}</span> },
          {
            key: 'part',
            name: 'Part',
            align: 'end',
            cell: r => <span class="num">{all ? percent(r.since / all) : '–'}</span>,
          },
          ...(of.engines.length > 1
            ? of.engines.map(engine => ({
                key: `e${engine.engine}`,
                name: `Engine ${engine.engine}`,
                align: 'end' as const,
                hide: 'phone' as const,
                cell: (r: (typeof rows)[number]) => <span class="num">{count(engine.total[r.key])}</span>,
              }))
            : []),
        ]}
      />
    </Panel>
  );
}

export default forStaff('Shares', Shares);
