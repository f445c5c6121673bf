// What is wrong, since when, and what to do: the page for three in the morning.
import type { VNode } from 'preact';
import type { Items } from '../../api/account';
import type { AdminEngine, AdminJob, AdminNode, AdminShares, Alert } from '../../api/admin';
import type { Answer } from '../../api/use';
import { count, percent, rate } from '../../format/units';
import { Ago, Failed, Icon, Outdated, Panel, Skeleton, State, Tile, Tiles } from '../../ui';
import { AdminPage, forStaff } from '../parts/side';
import { Name } from '../parts/name';
import { rejectedOfTotals, totalOf } from './shares';
import { useWatched } from './parts';

function Overview(): VNode {
  const alerts = useWatched<Items<Alert>>('/admin/alerts', 5);
  return (
    <AdminPage title="Overview">
      <Alerts of={alerts} />
      {/* How tall the alerts are is known first: what is below them would jump. */}
      {(alerts.data ?? alerts.error) && (
        <>
          <Summary />
          <Ready />
        </>
      )}
    </AdminPage>
  );
}

const order = { critical: 0, warning: 1, info: 2 };
const tones = { critical: 'bad', warning: 'warn', info: 'info' } as const;

function Alerts({ of: alerts }: { of: Answer<Items<Alert>> }): VNode {
  if (!alerts.data)
    return alerts.error ? (
      <Failed error={alerts.error} retry={alerts.reload} />
    ) : (
      <Panel title="Alerts">
        <Skeleton lines={5} />
      </Panel>
    );
  const list = [...alerts.data.items].sort(
    (a, b) => order[a.severity] - order[b.severity] || a.since.localeCompare(b.since),
  );
  return (
    <Panel title="Alerts" hint={list.length ? `${count(list.length)} standing` : undefined}>
      {alerts.error && <Outdated error={alerts.error} retry={alerts.reload} />}
      <div role="status" aria-live="polite">
        {list.length === 0 ? (
          <p class="all-well">
            <Icon name="check" size={28} />
            <span>
              <b>All is well.</b> Engines, nodes, jobs, journal, ledger and payouts are as they should be.
            </span>
          </p>
        ) : (
          <ol class="alerts">
            {list.map(alert => (
              <AlertRow key={alert.key} of={alert} />
            ))}
          </ol>
        )}
      </div>
    </Panel>
  );
}

const AlertRow = ({ of }: { of: Alert }): VNode => (
  <li class={`alert ${tones[of.severity]}`}>
    <div class="alert-head">
      <Icon name={of.severity === 'info' ? 'info' : 'alert'} size={18} />
      <b>
        <Name of={of.what} />
      </b>
      <span class="alert-since">
        {of.severity} · since <Ago time={of.since} />
      </span>
    </div>
    <p class="alert-subject mono">
      <Name of={of.subject} />
    </p>
    <p class="alert-do">
      <b>Do:</b> <Name of={of.do} />
    </p>
  </li>
);

function Summary(): VNode {
  const engines = useWatched<Items<AdminEngine>>('/admin/engines');
  const nodes = useWatched<Items<AdminNode>>('/admin/nodes');
  const jobs = useWatched<Items<AdminJob>>('/admin/jobs');
  const shares = useWatched<Items<AdminShares>>('/admin/shares');
  const running = engines.data?.items.filter(e => e.state === 'ok').length;
  const up = nodes.data?.items.filter(n => n.state === 'up').length;
  const oldest = jobs.data && Math.max(0, ...jobs.data.items.map(j => j.ageSeconds ?? 0));
  const sent = shares.data?.items.reduce((sum, pool) => sum + totalOf(pool.perSecond), 0);
  const refused = shares.data?.items.reduce((sum, pool) => sum + rejectedOfTotals(pool.perSecond), 0);
  const hashrate = shares.data?.items.reduce((sum, pool) => sum + pool.hashrate, 0);
  const isShort = (have: number | undefined, of: unknown[] | undefined): boolean =>
    have !== undefined && of !== undefined && have < of.length;
  return (
    <Tiles label="The pool at work">
      <Tile
        label="Hash rate"
        tone="accent"
        value={hashrate === undefined ? undefined : rate(hashrate)}
        note="as the engines see it"
      />
      <Tile
        label="Shares a second"
        value={sent === undefined ? undefined : sent.toFixed(1)}
        note={sent ? `${percent((refused ?? 0) / sent)} rejected` : 'none in the last minute'}
      />
      <Tile
        label="Engines"
        value={engines.data && `${running} of ${engines.data.items.length}`}
        tone={isShort(running, engines.data?.items) ? 'bad' : 'good'}
        note={<a href="/admin/engines">all engines</a>}
      />
      <Tile
        label="Nodes"
        value={nodes.data && `${up} of ${nodes.data.items.length}`}
        tone={isShort(up, nodes.data?.items) ? 'warn' : 'good'}
        note={<a href="/admin/nodes">all nodes</a>}
      />
      <Tile
        label="Oldest job"
        value={oldest === undefined ? undefined : `${Math.round(oldest)} s`}
        tone={(oldest ?? 0) > 120 ? 'warn' : 'good'}
        note={<a href="/admin/jobs">all jobs</a>}
      />
    </Tiles>
  );
}

interface Readiness {
  status: string;
  dependencies: Record<string, { ok: boolean; required?: boolean; detail: string | null }>;
}

function Ready(): VNode {
  const health = useWatched<Readiness>('/health');
  return (
    <Panel title="What the backoffice depends on">
      {!health.data ? (
        health.error ? (
          <Failed error={health.error} retry={health.reload} />
        ) : (
          <Skeleton lines={4} />
        )
      ) : (
        <ul class="rows">
          {Object.entries(health.data.dependencies).map(([name, d]) => (
            <li key={name} class="row-item">
              <div class="row-what">
                <b>{name}</b>
                {d.detail && (
                  <p class="quiet">
                    <Name of={d.detail} />
                  </p>
                )}
              </div>
              <State of={d.ok ? 'ok' : 'failed'} text={d.ok ? 'ok' : 'failing'} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

export default forStaff('Overview', Overview);
