// Who did what, and whether anybody has rewritten it.
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { AuditCheck, AuditEntry } from '../../api/admin';
import { api } from '../../api/client';
import { usePages } from '../../api/use';
import { exact } from '../../format/time';
import { count } from '../../format/units';
import { setQuery, type PageProps } from '../../router';
import { Ago, Button, Dialog, Empty, Facts, Hash, Icon, PagedTable, Panel, TextInput, type Column } from '../../ui';
import { useAction, useSettled } from '../parts/action';
import { Name, visible } from '../parts/name';
import { AdminPage, forStaff } from '../parts/side';

function Audit({ query }: PageProps): VNode {
  const [actor, setActor] = useState(query['actor'] ?? '');
  const [action, setAction] = useState(query['action'] ?? '');
  const [subject, setSubject] = useState(query['subject'] ?? '');
  const wanted = useSettled([actor.trim(), action.trim(), subject.trim()].join('\n')).split('\n');
  const source = usePages<AuditEntry>('/admin/audit', {
    limit: 50,
    every: 0,
    query: { actor: wanted[0], action: wanted[1], subject: wanted[2] },
  });
  const [open, setOpen] = useState<AuditEntry>();
  const columns: Column<AuditEntry>[] = [
    { key: 'action', name: 'What', primary: true, cell: e => <b class="mono">{e.action}</b> },
    { key: 'subject', name: 'On', cell: e => <Name of={e.subject} none="–" class="mono" /> },
    { key: 'actor', name: 'Who', cell: e => <Name of={e.actor} /> },
    { key: 'address', name: 'From', hide: 'phone', cell: e => <span class="mono">{e.address || '–'}</span> },
    { key: 'at', name: 'When', align: 'end', cell: e => <Ago time={e.at} /> },
    { key: 'id', name: 'Entry', align: 'end', hide: 'phone', cell: e => <span class="num">{count(e.id)}</span> },
  ];
  const keep =
    (name: string, set: (value: string) => void) =>
    (value: string): void => {
      set(value);
      setQuery({ [name]: value });
    };
  return (
    <AdminPage
      title="Audit log"
      lead="Each entry carries the hash of the one before: what is changed or taken out breaks the chain."
    >
      <Chain />
      <Panel>
        <div class="toolbar">
          <TextInput
            type="search"
            value={action}
            onInput={keep('action', setAction)}
            placeholder="Action, e.g. ban.added"
            aria-label="Filter by action"
            maxLength={64}
          />
          <TextInput
            type="search"
            value={actor}
            onInput={keep('actor', setActor)}
            placeholder="Who"
            aria-label="Filter by who did it"
            maxLength={191}
          />
          <TextInput
            type="search"
            value={subject}
            onInput={keep('subject', setSubject)}
            placeholder="On what"
            aria-label="Filter by subject"
            maxLength={191}
          />
        </div>
        <PagedTable
          caption="Audit log"
          columns={columns}
          source={source}
          id={e => e.id}
          onRow={setOpen}
          empty={<Empty title="No entry fits" icon="clock" />}
        />
      </Panel>
      <Dialog open={open !== undefined} title={open ? `Entry ${open.id}` : ''} onClose={() => setOpen(undefined)}>
        {open && (
          <>
            <Facts
              of={[
                ['When', exact(open.at)],
                ['Who', <Name of={open.actor} class="breaks" />],
                ['From', <span class="mono">{open.address || '–'}</span>],
                ['What', <span class="mono">{open.action}</span>],
                ['On', <Name of={open.subject} none="–" class="mono breaks" />],
                ['Hash', <Hash value={open.hash} />],
              ]}
            />
            <pre class="command" tabIndex={0} aria-label="Details">
              {visibleLines(JSON.stringify(open.details, null, 2) ?? 'null')}
            </pre>
          </>
        )}
      </Dialog>
    </AdminPage>
  );
}

const visibleLines = (text: string): string => text.split('\n').map(visible).join('\n');

function Chain(): VNode {
  const [found, setFound] = useState<AuditCheck>();
  const check = useAction(async () => setFound(await api.get<AuditCheck>('/admin/audit/verify')));
  return (
    <Panel
      title="Chain"
      actions={
        <Button onClick={() => void check.run()} busy={check.busy}>
          <Icon name="shield" size={18} />
          Check the chain
        </Button>
      }
    >
      <div role="status">
        {check.error && <p class="banner bad">{check.error}</p>}
        {!found ? (
          <p class="quiet">Recomputes every hash from the first entry on.</p>
        ) : found.isWhole ? (
          <p class="all-well">
            <Icon name="check" size={28} />
            <span>
              <b>Whole.</b> {count(found.entries)} entries, head {count(found.headId)} <Hash value={found.headHash} />.
              Keep the head somewhere else to prove later that nothing was cut off.
            </span>
          </p>
        ) : (
          <p class="banner bad">
            <Icon name="alert" />
            <span>
              <b>Broken{found.brokenAt !== null && ` at entry ${found.brokenAt}`}.</b> {found.detail}
            </span>
          </p>
        )}
      </div>
    </Panel>
  );
}

export default forStaff('Audit log', Audit);
