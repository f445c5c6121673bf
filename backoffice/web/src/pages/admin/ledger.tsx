// Does the ledger balance? Recomputed by the server from every line.
import type { VNode } from 'preact';
import type { LedgerAudit } from '../../api/admin';
import { Button, Empty, Failed, Icon, Panel, Skeleton, Table } from '../../ui';
import { usePool } from '../../pools';
import { Name } from '../parts/name';
import { AdminPage, forStaff } from '../parts/side';
import { useWatched } from './parts';

const kinds: Record<string, string> = {
  user_immature: 'Owed to miners, immature',
  user_confirmed: 'Owed to miners, confirmed',
  user_in_flight: 'In payouts under way',
  pool_fee: 'Fees of the pool',
  chain: 'On the chain',
  paid: 'Paid out',
};

/** Base units as whole coins, exactly: the sums go beyond what a number holds. */
export function coinsOf(baseUnits: string, decimals: number): string {
  const digits = baseUnits.replace('-', '').padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, ',');
  return `${baseUnits.startsWith('-') ? '\u2212' : ''}${whole}${decimals > 0 ? `.${digits.slice(-decimals)}` : ''}`;
}

function Ledger(): VNode {
  const audit = useWatched<LedgerAudit>('/ledger/audit', 60);
  const { pools } = usePool();
  if (!audit.data)
    return (
      <AdminPage title="Ledger">
        <Panel>{audit.error ? <Failed error={audit.error} retry={audit.reload} /> : <Skeleton lines={8} />}</Panel>
      </AdminPage>
    );
  const byPool = [...new Set(audit.data.sums.map(sum => sum.pool))];
  return (
    <AdminPage
      title="Ledger"
      lead="Every transaction, balance and block, recomputed from the ledger's lines."
      actions={
        <Button onClick={audit.reload}>
          <Icon name="reset" size={18} />
          Recompute
        </Button>
      }
    >
      <Panel title="Verdict">
        {audit.data.ok ? (
          <p class="all-well">
            <Icon name="check" size={28} />
            <span>
              <b>The books balance.</b> Each pool's sums add up to nought, and every rule holds.
            </span>
          </p>
        ) : (
          <>
            <p class="banner bad" role="alert">
              <Icon name="alert" />
              <span>
                <b>The books do not balance.</b> Stop payouts on the pool's page, keep the database as it is, and read
                docs/money.md.
              </span>
            </p>
            <ol class="problems">
              {audit.data.problems.map(problem => (
                <li key={problem}>
                  <Name of={problem} />
                </li>
              ))}
            </ol>
          </>
        )}
      </Panel>
      {byPool.length === 0 && (
        <Panel>
          <Empty title="No line yet" icon="table">
            The first block writes the first line.
          </Empty>
        </Panel>
      )}
      {byPool.map(id => {
        const pool = pools?.find(p => p.id === id);
        return (
          <Panel key={id} title={id}>
            <Table
              caption={`Sums of pool ${id}`}
              rows={audit.data!.sums.filter(s => s.pool === id)}
              id={s => `${s.kind} ${s.network}`}
              columns={[
                {
                  key: 'kind',
                  name: 'Account',
                  primary: true,
                  cell: s => kinds[s.kind] ?? s.kind.replaceAll('_', ' '),
                },
                {
                  key: 'sum',
                  name: pool ? `Sum in ${pool.symbol}` : 'Sum in base units',
                  align: 'end',
                  cell: s => <span class="num mono">{pool ? coinsOf(s.amount, pool.decimals) : s.amount}</span>,
                },
              ]}
            />
          </Panel>
        );
      })}
    </AdminPage>
  );
}

export default forStaff('Ledger', Ledger);
