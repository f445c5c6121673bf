// Who may sign in, and as what.
import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { RoleName } from '../../api/account';
import type { AdminLogin } from '../../api/admin';
import { api } from '../../api/client';
import { useSession } from '../../api/session';
import { usePages } from '../../api/use';
import { count } from '../../format/units';
import { setQuery, type PageProps } from '../../router';
import {
  Ago,
  Badge,
  Button,
  Copy,
  Dialog,
  Empty,
  Field,
  Form,
  Icon,
  PagedTable,
  Panel,
  Select,
  State,
  TextInput,
  type Column,
} from '../../ui';
import { useAction, useSettled } from '../parts/action';
import { useAsk } from '../parts/ask';
import { Name } from '../parts/name';
import { AdminPage, forStaff } from '../parts/side';
import { Only } from './parts';

const roles: { value: RoleName; name: string }[] = [
  { value: 'miner', name: 'miner' },
  { value: 'support', name: 'support' },
  { value: 'operator', name: 'operator' },
  { value: 'admin', name: 'admin' },
];

const may: Record<RoleName, string> = {
  miner: 'sees and changes what is its own',
  support: 'reads what operators see',
  operator: 'bans, holds and approves',
  admin: 'gives roles and locks logins',
};

const roleTone = { miner: 'quiet', support: 'info', operator: 'warn', admin: 'bad' } as const;

function Logins({ query }: PageProps): VNode {
  const [search, setSearch] = useState(query['search'] ?? '');
  const wanted = useSettled(search.trim());
  const role = query['role'] ?? '';
  const source = usePages<AdminLogin>('/admin/logins', { limit: 50, every: 0, query: { role, search: wanted } });
  // A question may stand while the search settles: what is asked anew is the list that is shown then.
  const shown = useRef(source);
  shown.current = source;
  const [open, setOpen] = useState<AdminLogin>();
  const [isMaking, setMaking] = useState(false);
  const columns: Column<AdminLogin>[] = [
    {
      key: 'name',
      name: 'Login',
      primary: true,
      cell: l => <Name of={l.name} class={l.kind === 'wallet' ? 'mono' : ''} />,
    },
    { key: 'kind', name: 'By', cell: l => l.kind },
    {
      key: 'role',
      name: 'Role',
      cell: l => (
        <Badge tone={roleTone[l.role]} title={may[l.role]}>
          {l.role}
        </Badge>
      ),
    },
    {
      key: 'state',
      name: 'State',
      cell: l => (
        <>
          {l.locked ? <State of="banned" text="locked" /> : <State of="ok" text="open" />}{' '}
          {l.secondFactor && <Badge tone="info">2FA</Badge>}
        </>
      ),
    },
    { key: 'seen', name: 'Seen', align: 'end', cell: l => <Ago time={l.lastSeenAt} none="never" /> },
    {
      key: 'sessions',
      name: 'Sessions, keys',
      align: 'end',
      hide: 'phone',
      cell: l => (
        <span class="num">
          {count(l.sessions)}, {count(l.keys)}
        </span>
      ),
    },
  ];
  return (
    <AdminPage
      title="Logins"
      lead="Each role may read what those before it may."
      actions={
        <Only role="admin">
          <Button tone="primary" onClick={() => setMaking(true)}>
            <Icon name="plus" size={18} />
            New staff login
          </Button>
        </Only>
      }
    >
      <Panel>
        <div class="toolbar">
          <TextInput
            type="search"
            value={search}
            onInput={setSearch}
            placeholder="Search by name or e-mail"
            aria-label="Search logins"
            maxLength={128}
          />
          <Select
            label="Role"
            value={role}
            onInput={value => setQuery({ role: value })}
            options={[{ value: '', name: 'all roles' }, ...roles]}
          />
        </div>
        <PagedTable
          caption="Logins"
          columns={columns}
          source={source}
          id={l => l.id}
          onRow={setOpen}
          empty={<Empty title="No login fits" icon="user" />}
        />
      </Panel>
      <Dialog open={open !== undefined} title="Login" onClose={() => setOpen(undefined)}>
        {open && (
          <One
            of={open}
            onChanged={() => {
              setOpen(undefined);
              shown.current.reload();
            }}
          />
        )}
      </Dialog>
      <Dialog
        open={isMaking}
        title="New staff login"
        onClose={() => {
          setMaking(false);
          shown.current.reload();
        }}
      >
        {isMaking && (
          <Make
            onDone={() => {
              setMaking(false);
              shown.current.reload();
            }}
          />
        )}
      </Dialog>
    </AdminPage>
  );
}

function One({ of, onChanged }: { of: AdminLogin; onChanged: () => void }): VNode {
  const { me } = useSession();
  const [role, setRole] = useState<string>(of.role);
  const [ask, question] = useAsk();
  const isSelf = me?.id === of.id;
  const giveRole = (): void =>
    ask({
      title: `Make this login ${role}?`,
      act: `Make it ${role}`,
      danger: role !== 'miner',
      done: 'The role is changed.',
      ...(role === 'admin' && { type: of.name }),
      says: (
        <p>
          <Name of={of.name} class="breaks" /> {may[role as RoleName]} from now on; it was {of.role}.
        </p>
      ),
      run: async () => {
        await api.patch(`/admin/logins/${of.id}`, { role });
        onChanged();
      },
    });
  const lock = (): void =>
    ask({
      title: of.locked ? 'Unlock this login?' : 'Lock this login?',
      act: of.locked ? 'Unlock' : 'Lock',
      danger: !of.locked,
      done: of.locked ? 'Unlocked.' : 'Locked; its sessions have ended.',
      says: of.locked ? (
        <p>It can sign in again.</p>
      ) : (
        <p>Its sessions end and its keys are refused. Its accounts go on mining and being paid.</p>
      ),
      run: async () => {
        await api.patch(`/admin/logins/${of.id}`, { locked: !of.locked });
        onChanged();
      },
    });
  const end = (): void =>
    ask({
      title: 'End all its sessions?',
      act: 'End them',
      danger: true,
      done: 'Its sessions have ended.',
      says: <p>Every browser of this login must sign in again. Its API keys stay.</p>,
      run: async () => {
        await api.delete(`/admin/logins/${of.id}/sessions`);
        onChanged();
      },
    });
  const dropFactor = (): void =>
    ask({
      title: 'Take its second factor away?',
      act: 'Take it away',
      danger: true,
      type: of.name,
      done: 'The second factor is gone.',
      says: (
        <p>
          Only after you have made sure who asks: whoever has the password or wallet signs in alone then. The audit log
          keeps that you did it.
        </p>
      ),
      run: async () => {
        await api.delete(`/admin/logins/${of.id}/totp`);
        onChanged();
      },
    });
  return (
    <div class="form">
      <p class="breaks">
        <b>
          <Name of={of.name} />
        </b>
        {of.email && of.email !== of.name && (
          <>
            {' '}
            <Name of={of.email} />
          </>
        )}{' '}
        <span class="quiet">
          {of.kind}, since <Ago time={of.createdAt} />
        </span>
      </p>
      <Only role="admin">
        <Field label="Role" hint={may[role as RoleName]}>
          <Select value={role} onInput={setRole} options={roles} />
        </Field>
        <div class="form-actions start">
          <Button tone="primary" onClick={giveRole} disabled={role === of.role || isSelf}>
            Change the role…
          </Button>
          <Button tone="danger" onClick={lock} disabled={isSelf}>
            {of.locked ? 'Unlock…' : 'Lock…'}
          </Button>
          {of.secondFactor && (
            <Button tone="danger" onClick={dropFactor}>
              Take its second factor away…
            </Button>
          )}
        </div>
      </Only>
      <Only role="operator">
        <div class="form-actions start">
          <Button onClick={end} disabled={of.sessions === 0}>
            End its sessions…
          </Button>
        </div>
      </Only>
      {isSelf && <p class="quiet">This is you: your own role and lock are another admin's to change.</p>}
      {question}
    </div>
  );
}

function Make({ onDone }: { onDone: () => void }): VNode {
  const [name, setName] = useState('');
  const [role, setRole] = useState('support');
  const [made, setMade] = useState<string>();
  const make = useAction(async () =>
    setMade((await api.post<{ password: string }>('/admin/logins', { name: name.trim(), role })).password),
  );
  if (made) {
    return (
      <div class="form">
        <p>
          The password of <b>{name.trim()}</b>, shown this once. Hand it over by another way than the name.
        </p>
        <p class="secret-once">
          <code>{made}</code>
          <Copy text={made} label="Copy the password" wide />
        </p>
        <div class="form-actions">
          <Button tone="primary" onClick={onDone}>
            I have stored it
          </Button>
        </div>
      </div>
    );
  }
  return (
    <Form onSubmit={() => void make.run()} busy={make.busy} error={make.error} label="New staff login">
      <Field label="Name">
        <TextInput value={name} onInput={setName} maxLength={64} required />
      </Field>
      <Field label="Role" hint={may[role as RoleName]}>
        <Select value={role} onInput={setRole} options={roles.filter(r => r.value !== 'miner')} />
      </Field>
      <div class="form-actions">
        <Button type="submit" tone="primary" busy={make.busy} disabled={!name.trim()}>
          Make it
        </Button>
      </div>
    </Form>
  );
}

export default forStaff('Logins', Logins);
