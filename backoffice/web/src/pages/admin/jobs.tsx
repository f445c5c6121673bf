import type { VNode } from 'preact';
import type { Items } from '../../api/account';
import type { AdminJob } from '../../api/admin';
import { duration } from '../../format/time';
import { count } from '../../format/units';
import { Badge, Empty, Panel, State, type Column } from '../../ui';
import { Name } from '../parts/name';
import { AdminPage, forStaff } from '../parts/side';
import { useWatched, WatchedTable } from './parts';

/** A job that is older than this says that no node gives new templates. */
const oldSeconds = 120;

const age = (seconds: number | null): VNode =>
  seconds === null ? (
    <span class="quiet">–</span>
  ) : (
    <span class={`num${seconds > oldSeconds ? ' old' : ''}`}>{duration(seconds)}</span>
  );

const columns: Column<AdminJob>[] = [
  { key: 'pool', name: 'Pool', primary: true, cell: j => <b>{j.pool}</b> },
  {
    key: 'engine',
    name: 'Engine',
    cell: j => (
      <>
        {j.engine} {j.engineState !== 'ok' && <State of="held" text={j.engineState} />}
      </>
    ),
  },
  {
    key: 'height',
    name: 'Height',
    align: 'end',
    cell: j => <span class="num">{j.height === null ? 'no job' : count(j.height)}</span>,
  },
  { key: 'age', name: 'Age', align: 'end', cell: j => age(j.ageSeconds) },
  {
    key: 'why',
    name: 'Made for',
    cell: j =>
      j.reason === 'newtip' ? <Badge tone="info">new tip</Badge> : j.reason ? <Badge>{j.reason}</Badge> : '–',
  },
  {
    key: 'tx',
    name: 'Transactions',
    align: 'end',
    cell: j => <span class="num">{j.transactions === null ? '–' : count(j.transactions)}</span>,
  },
  {
    key: 'template',
    name: 'Template',
    align: 'end',
    cell: j => <span class="num">{j.templateMs === null ? '–' : `${j.templateMs.toFixed(0)} ms`}</span>,
  },
  {
    key: 'made',
    name: 'New tip, refresh',
    align: 'end',
    hide: 'phone',
    cell: j => (
      <span class="num">
        {count(j.jobsNewTip ?? 0)}, {count(j.jobsRefresh ?? 0)}
      </span>
    ),
  },
  {
    key: 'refused',
    name: 'Refused',
    cell: j =>
      j.proposalsRefused || j.templateError ? (
        <span class="wraps">
          <Badge tone="bad">{count(j.proposalsRefused ?? 0)}</Badge>{' '}
          <Name of={j.templateError ?? j.lastRefusal} none="" />
        </span>
      ) : (
        <span class="quiet">none</span>
      ),
  },
];

function Jobs(): VNode {
  const jobs = useWatched<Items<AdminJob>>('/admin/jobs', 5);
  return (
    <AdminPage title="Jobs" lead="What miners work on, and how old it is.">
      <Panel>
        <WatchedTable
          caption="Jobs by pool and engine"
          of={jobs}
          columns={columns}
          id={j => `${j.engine} ${j.pool}`}
          empty={
            <Empty title="No engine has told of its jobs" icon="cube">
              They show up once an engine runs.
            </Empty>
          }
        />
      </Panel>
    </AdminPage>
  );
}

export default forStaff('Jobs', Jobs);
