import type { VNode } from 'preact';
import type { Items } from '../../api/account';
import type { AdminEngine } from '../../api/admin';
import { duration } from '../../format/time';
import { count } from '../../format/units';
import { Ago, Badge, Empty, Facts, Failed, Outdated, Panel, Skeleton, State, Table } from '../../ui';
import { Name } from '../parts/name';
import { AdminPage, forStaff } from '../parts/side';
import { useWatched } from './parts';

const tones: Record<string, string> = { ok: 'ok', silent: 'held', stopped: 'off', unknown: 'off' };

function Engines(): VNode {
  const engines = useWatched<Items<AdminEngine>>('/admin/engines', 5);
  return (
    <AdminPage
      title="Engines"
      lead="Who takes shares, what they have committed, and what they say of themselves every two seconds."
    >
      {engines.error && engines.data && <Outdated error={engines.error} retry={engines.reload} />}
      {!engines.data ? (
        engines.error ? (
          <Failed error={engines.error} retry={engines.reload} />
        ) : (
          <Skeleton lines={8} tall />
        )
      ) : engines.data.items.length === 0 ? (
        <Panel>
          <Empty title="No engine has been heard" icon="bolt">
            Start viddhana-engine with the same configuration; it shows up within seconds.
          </Empty>
        </Panel>
      ) : (
        engines.data.items.map(engine => <Engine key={engine.id} of={engine} />)
      )}
    </AdminPage>
  );
}

function Engine({ of }: { of: AdminEngine }): VNode {
  return (
    <Panel
      title={`Engine ${of.id}`}
      hint={
        of.lastSeen ? (
          <>
            heard <Ago time={of.lastSeen} />
          </>
        ) : (
          'never heard'
        )
      }
      actions={<State of={tones[of.state] ?? 'off'} text={of.state} />}
    >
      {of.status && <Said of={of.status} />}
      <Table
        caption={`Journals of engine ${of.id}`}
        rows={of.journals}
        id={j => j.epoch}
        empty="No journal"
        columns={[
          { key: 'epoch', name: 'Journal', primary: true, cell: j => <span class="mono">{String(j.epoch)}</span> },
          {
            key: 'sequence',
            name: 'Committed to',
            align: 'end',
            cell: j => <span class="num">{count(j.committedSequence)}</span>,
          },
          { key: 'share', name: 'Last share', align: 'end', cell: j => <Ago time={j.lastShare} none="none" /> },
          { key: 'commit', name: 'Last commit', align: 'end', cell: j => <Ago time={j.lastCommit} none="none" /> },
          {
            key: 'released',
            name: 'Released',
            align: 'end',
            cell: j => (j.released ? <Badge tone="warn">released</Badge> : <span class="quiet">–</span>),
          },
        ]}
      />
    </Panel>
  );
}

const named: Record<string, string> = {
  uptimeSeconds: 'Up for',
  connections: 'Connections',
  version: 'Version',
  startedAt: 'Started',
  host: 'Host',
  pid: 'Process',
  connectionsMax: 'Connections at most',
};

/** Whatever plain figures the status document has; lists of it have pages of their own. */
function Said({ of }: { of: Record<string, unknown> }): VNode {
  const facts: [string, VNode][] = [];
  const add = (name: string, value: unknown): void => {
    if (value === null || typeof value === 'object') return;
    const label = named[name.split('.').pop() ?? ''] ?? words(name);
    if (typeof value === 'number') facts.push([label, <span class="num">{text(name, value)}</span>]);
    else if (typeof value === 'boolean') facts.push([label, <span>{value ? 'yes' : 'no'}</span>]);
    else facts.push([label, <Name of={String(value)} />]);
  };
  for (const [name, value] of Object.entries(of)) {
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      for (const [inner, deep] of Object.entries(value as Record<string, unknown>)) add(`${name}.${inner}`, deep);
    } else {
      add(name, value);
    }
  }
  return <Facts of={facts} />;
}

const words = (name: string): string => {
  const text = name
    .replaceAll('.', ' ')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase();
  return text[0]!.toUpperCase() + text.slice(1);
};

function text(name: string, value: number): string {
  if (/seconds$/i.test(name)) return duration(value);
  if (/bytes/i.test(name)) return value >= 1 << 20 ? `${(value / (1 << 20)).toFixed(1)} MiB` : `${count(value)} B`;
  // Moments come as Unix milliseconds.
  if (value > 1_500_000_000_000 && value < 10_000_000_000_000)
    return new Date(value).toISOString().replace('T', ' ').slice(0, 19);
  return Number.isInteger(value) ? count(value) : value.toLocaleString('en', { maximumFractionDigits: 2 });
}

export default forStaff('Engines', Engines);
