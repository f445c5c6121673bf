import type { VNode } from 'preact';
import type { Items } from '../../api/account';
import type { AdminNode } from '../../api/admin';
import { count } from '../../format/units';
import { Ago, Badge, Empty, Panel, State, type Column } from '../../ui';
import { Name } from '../parts/name';
import { AdminPage, forStaff } from '../parts/side';
import { useWatched, WatchedTable } from './parts';

const tones: Record<string, string> = {
  up: 'up',
  down: 'down',
  loggedout: 'down',
  warmingup: 'held',
  syncing: 'held',
  notemplate: 'held',
  wrongnetwork: 'down',
  starting: 'pending',
};

const says: Record<string, string> = {
  up: 'gives templates and takes blocks',
  down: 'does not answer',
  loggedout: 'refuses the name and password',
  warmingup: 'answers, but is still loading',
  syncing: 'is behind the chain',
  notemplate: 'gives no template',
  wrongnetwork: 'is on another network than the pool',
  starting: 'not asked yet',
};

const columns: Column<AdminNode>[] = [
  {
    key: 'name',
    name: 'Node',
    primary: true,
    cell: n => (
      <>
        <span class="mono">
          <Name of={n.name} />
        </span>
        {n.isActive && (
          <>
            {' '}
            <Badge tone="info">in use</Badge>
          </>
        )}
      </>
    ),
  },
  { key: 'of', name: 'Pool, engine', cell: n => `${n.pool}, engine ${n.engine}` },
  {
    key: 'state',
    name: 'State',
    cell: n => (
      <State
        of={n.isLagging && n.state === 'up' ? 'held' : (tones[n.state] ?? 'off')}
        text={n.isLagging && n.state === 'up' ? 'lagging' : n.state}
        title={says[n.state]}
      />
    ),
  },
  {
    key: 'height',
    name: 'Height',
    align: 'end',
    cell: n => <span class="num">{n.height ? count(n.height) : '–'}</span>,
  },
  {
    key: 'latency',
    name: 'Latency',
    align: 'end',
    cell: n => <span class="num">{n.latencyMs === null ? '–' : `${n.latencyMs.toFixed(1)} ms`}</span>,
  },
  {
    key: 'waiting',
    name: 'Blocks waiting',
    align: 'end',
    cell: n => (
      <span class="num">{n.blocksWaiting > 0 ? <Badge tone="bad">{count(n.blocksWaiting)}</Badge> : '0'}</span>
    ),
  },
  {
    key: 'error',
    name: 'Last trouble',
    cell: n =>
      n.lastError ? (
        <span class="wraps">
          <Name of={n.lastError} /> <Ago time={n.lastErrorAt} none="" />
        </span>
      ) : (
        <span class="quiet">none</span>
      ),
  },
];

function Nodes(): VNode {
  const nodes = useWatched<Items<AdminNode>>('/admin/nodes', 5);
  return (
    <AdminPage
      title="Nodes"
      lead="Every node of every pool, as each engine sees it. Blocks go to all of them; work comes from the first that can give it."
    >
      <Panel>
        <WatchedTable
          caption="Coin nodes"
          of={nodes}
          columns={columns}
          id={n => `${n.engine} ${n.pool} ${n.name}`}
          empty={
            <Empty title="No engine has told of its nodes" icon="server">
              They show up once an engine runs.
            </Empty>
          }
        />
      </Panel>
    </AdminPage>
  );
}

export default forStaff('Nodes', Nodes);
