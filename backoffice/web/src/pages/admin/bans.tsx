import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Ban } from '../../api/admin';
import { api } from '../../api/client';
import { usePages } from '../../api/use';
import { setQuery, type PageProps } from '../../router';
import {
  Ago,
  Badge,
  Button,
  Dialog,
  Empty,
  Field,
  Form,
  Icon,
  PagedTable,
  Panel,
  Segmented,
  Select,
  State,
  TextInput,
  toast,
  type Column,
} from '../../ui';
import { useAction } from '../parts/action';
import { useAsk } from '../parts/ask';
import { Name } from '../parts/name';
import { Soon } from '../parts/soon';
import { AdminPage, forStaff } from '../parts/side';
import { Only } from './parts';

const kinds = [
  { value: 'address', name: 'network address' },
  { value: 'account', name: 'account' },
  { value: 'worker', name: 'worker' },
];

function Bans({ query }: PageProps): VNode {
  const state = query['state'] ?? 'active';
  const source = usePages<Ban>('/admin/bans', { limit: 50, every: 30, always: 30, query: { state } });
  const [isAdding, setAdding] = useState(query['target'] !== undefined);
  const [ask, question] = useAsk();
  const lift = (ban: Ban): void =>
    ask({
      title: 'Lift this ban?',
      act: 'Lift',
      done: 'The ban is lifted.',
      says: (
        <p>
          <Name of={ban.target} class="mono" /> may connect again within seconds. It was banned for:{' '}
          <Name of={ban.reason} />
        </p>
      ),
      run: async () => {
        await api.delete(`/admin/bans/${ban.id}`);
        source.reload();
      },
    });
  const columns: Column<Ban>[] = [
    {
      key: 'target',
      name: 'Who',
      primary: true,
      cell: b => (
        <>
          <Badge tone="quiet">{b.kind}</Badge> <Name of={b.target} class="mono" />
        </>
      ),
    },
    {
      key: 'reason',
      name: 'Why',
      cell: b => (
        <span class="wraps">
          <Name of={b.reason} />
        </span>
      ),
    },
    {
      key: 'by',
      name: 'By',
      cell: b => (
        <>
          <Name of={b.createdBy} />{' '}
          <span class="quiet">
            <Ago time={b.createdAt} />
          </span>
        </>
      ),
    },
    {
      key: 'until',
      name: 'Until',
      cell: b =>
        b.endedAt ? (
          <>
            ended <Ago time={b.endedAt} />
            {b.endedBy && (
              <>
                {' '}
                by <Name of={b.endedBy} />
              </>
            )}
          </>
        ) : b.expiresAt ? (
          <Soon time={b.expiresAt} past="over" />
        ) : (
          'for ever'
        ),
    },
    { key: 'state', name: 'State', cell: b => <State of={b.state === 'active' ? 'banned' : 'off'} text={b.state} /> },
    {
      key: 'act',
      name: 'Act',
      align: 'end',
      cell: b =>
        b.state === 'active' ? (
          <Only role="operator">
            <Button tone="ghost" onClick={() => lift(b)}>
              Lift…
            </Button>
          </Only>
        ) : null,
    },
  ];
  return (
    <AdminPage
      title="Bans"
      lead="Engines refuse them at login and cut off those who are connected."
      actions={
        <Only role="operator">
          <Button tone="danger" onClick={() => setAdding(true)}>
            <Icon name="plus" size={18} />
            Ban…
          </Button>
        </Only>
      }
    >
      <Panel>
        <Segmented
          label="State"
          selected={state}
          onSelect={id => setQuery({ state: id === 'active' ? null : id })}
          items={[
            { id: 'active', name: 'Active' },
            { id: 'ended', name: 'Ended' },
            { id: 'all', name: 'All' },
          ]}
        />
        <PagedTable
          caption="Bans"
          columns={columns}
          source={source}
          id={b => b.id}
          empty={<Empty title={state === 'active' ? 'Nobody is banned' : 'None'} icon="check" />}
        />
      </Panel>
      <Dialog open={isAdding} title="Ban" onClose={() => setAdding(false)}>
        {isAdding && (
          <Add
            kind={query['kind']}
            target={query['target']}
            onDone={() => {
              setAdding(false);
              setQuery({ kind: null, target: null });
              source.reload();
            }}
          />
        )}
      </Dialog>
      {question}
    </AdminPage>
  );
}

const hints: Record<string, string> = {
  address: 'An IP address or a network: 203.0.113.7, 203.0.113.0/24, 2001:db8::/48. Everybody behind it is cut off.',
  account: 'The address or stratum name that is paid. Its balance stays.',
  worker: "account.worker; the account's other workers stay.",
};

const lengths = [
  { value: '3600', name: 'an hour' },
  { value: '86400', name: 'a day' },
  { value: '604800', name: 'a week' },
  { value: '2592000', name: '30 days' },
  { value: '', name: 'for ever' },
];

function Add({
  kind: givenKind,
  target: givenTarget,
  onDone,
}: {
  kind: string | undefined;
  target: string | undefined;
  onDone: () => void;
}): VNode {
  const [kind, setKind] = useState(kinds.some(k => k.value === givenKind) ? givenKind! : 'address');
  const [target, setTarget] = useState(givenTarget ?? '');
  const [reason, setReason] = useState('');
  const [seconds, setSeconds] = useState('86400');
  const add = useAction(async () => {
    await api.post('/admin/bans', {
      kind,
      target: target.trim(),
      reason: reason.trim(),
      ...(seconds && { seconds: Number(seconds) }),
    });
    toast('Banned. The engines know it within two seconds.', 'good');
    onDone();
  });
  return (
    <Form onSubmit={() => void add.run()} busy={add.busy} error={add.error} label="Ban">
      <Field label="Kind">
        <Select value={kind} onInput={setKind} options={kinds} />
      </Field>
      <Field label="Who" hint={hints[kind]}>
        <TextInput value={target} onInput={setTarget} maxLength={400} class="mono" required />
      </Field>
      <Field label="Reason" hint="At least 3 characters. Kept in the audit log; the miner reads it when it is refused.">
        <TextInput value={reason} onInput={setReason} maxLength={120} required />
      </Field>
      <Field label="For">
        <Select value={seconds} onInput={setSeconds} options={lengths} />
      </Field>
      <p>They are cut off at once and refused at login. Shares that were accepted stay credited.</p>
      <div class="form-actions">
        <Button type="submit" tone="danger" busy={add.busy} disabled={!target.trim() || reason.trim().length < 3}>
          Ban
        </Button>
      </div>
    </Form>
  );
}

export default forStaff('Bans', Bans);
