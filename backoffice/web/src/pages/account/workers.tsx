// Labels for workers, many at once.
import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { Account, Items, LabelledWorker } from '../../api/account';
import { api } from '../../api/client';
import { useApi, usePages } from '../../api/use';
import { count } from '../../format/units';
import { setQuery, usePlace } from '../../router';
import {
  Ago,
  Badge,
  Button,
  Dialog,
  Empty,
  Field,
  Form,
  PagedTable,
  Panel,
  Select,
  TextInput,
  toast,
  VirtualTable,
  type Column,
} from '../../ui';
import { useAction, useSettled } from '../parts/action';
import { WithAccount } from '../parts/account-choice';
import { Name, visible } from '../parts/name';
import { AccountPage, forOwner } from '../parts/side';

/** As many names as one request takes. */
const namesMax = 1000;
const plainMax = 200;

function Workers(): VNode {
  return (
    <AccountPage
      title="Workers"
      lead="Labels group workers: a place, a circuit, an owner. Alerts can watch one label alone."
    >
      <WithAccount>
        {(account, choice) => (
          <>
            {choice}
            <Labels key={account.name} account={account} />
          </>
        )}
      </WithAccount>
    </AccountPage>
  );
}

function Labels({ account }: { account: Account }): VNode {
  const path = `/me/accounts/${encodeURIComponent(account.name)}/workers`;
  const { query } = usePlace();
  const label = query['label'] ?? '';
  const [search, setSearch] = useState('');
  const wanted = useSettled(search.trim());
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const [isLabelling, setLabelling] = useState(false);
  const labels = useApi<Items<{ label: string; workers: number }>>(`${path}/labels`, { every: 0 });
  const source = usePages<LabelledWorker>(path, { limit: 200, every: 0, query: { label, search: wanted } });
  const rows = source.items;
  const mark = (name: string, isOn: boolean): void => {
    const next = new Set(marked);
    if (isOn && next.size < namesMax) next.add(name);
    else next.delete(name);
    setMarked(next);
  };
  const all = rows !== undefined && rows.length > 0 && rows.every(w => marked.has(w.name));
  const markAll = (): void =>
    setMarked(all ? new Set() : new Set([...marked, ...(rows ?? []).map(w => w.name)].slice(0, namesMax)));
  const columns = useMemo(
    (): Column<LabelledWorker>[] => [
      {
        key: 'name',
        name: 'Worker',
        primary: true,
        cell: w => (
          <label class="check">
            <input
              type="checkbox"
              checked={marked.has(w.name)}
              onChange={event => mark(w.name, event.currentTarget.checked)}
            />
            <Name of={w.name} />
          </label>
        ),
      },
      {
        key: 'label',
        name: 'Label',
        cell: w =>
          w.label ? (
            <Badge tone="info">
              <Name of={w.label} />
            </Badge>
          ) : (
            <span class="quiet">–</span>
          ),
      },
      { key: 'last', name: 'Last share', align: 'end', cell: w => <Ago time={w.lastShare} none="none" /> },
    ],
    [marked],
  );
  const table = {
    caption: 'Workers and their labels',
    columns,
    id: (w: LabelledWorker) => w.name,
    empty: <Empty title={wanted || label ? 'No worker fits' : 'No worker yet'} icon="server" />,
  };
  return (
    <Panel title="Labels" hint={marked.size > 0 ? `${count(marked.size)} marked` : undefined}>
      <div class="toolbar">
        <TextInput
          type="search"
          value={search}
          onInput={setSearch}
          placeholder="Search by name"
          aria-label="Search workers by name"
          maxLength={128}
        />
        <Select
          label="Label"
          value={label}
          onInput={value => setQuery({ label: value })}
          options={[
            { value: '', name: 'All labels' },
            ...(labels.data?.items ?? []).map(l => ({
              value: l.label,
              name: `${visible(l.label)} (${count(l.workers)})`,
            })),
          ]}
        />
        <Button onClick={markAll} disabled={!rows?.length}>
          {all ? 'Unmark all' : 'Mark all shown'}
        </Button>
        <Button tone="primary" disabled={marked.size === 0} onClick={() => setLabelling(true)}>
          {marked.size > 0 ? `Label ${count(marked.size)}…` : 'Label…'}
        </Button>
      </div>
      {rows && rows.length > plainMax ? (
        <VirtualTable
          {...table}
          rows={rows}
          onEnd={source.hasMore && !source.isMoreLoading ? source.more : undefined}
        />
      ) : (
        <PagedTable {...table} source={source} />
      )}
      <LabelDialog
        open={isLabelling}
        names={[...marked]}
        path={path}
        known={(labels.data?.items ?? []).map(l => l.label)}
        onClose={() => setLabelling(false)}
        onDone={() => {
          setLabelling(false);
          setMarked(new Set());
          labels.reload();
          source.reload();
        }}
      />
    </Panel>
  );
}

interface LabelDialogProps {
  open: boolean;
  names: string[];
  path: string;
  known: string[];
  onClose: () => void;
  onDone: () => void;
}

function LabelDialog({ open, names, path, known, onClose, onDone }: LabelDialogProps): VNode {
  const [label, setLabel] = useState('');
  const save = useAction(async (value: string | null) => {
    const answer = await api.put<{ changed: number; unknown: string[] }>(`${path}/labels`, {
      items: [{ workers: names, label: value }],
    });
    toast(
      `${count(answer.changed)} workers changed${answer.unknown.length ? `, ${answer.unknown.length} not known` : ''}.`,
      'good',
    );
    onDone();
  });
  return (
    <Dialog
      open={open}
      title={`Label ${count(names.length)} ${names.length === 1 ? 'worker' : 'workers'}`}
      onClose={onClose}
    >
      <Form
        onSubmit={() => void (label.trim() && save.run(label.trim()))}
        busy={save.busy}
        error={save.error}
        label="Set the label"
      >
        <Field label="Label" hint="Up to 48 characters. An older label is replaced.">
          <TextInput value={label} onInput={setLabel} maxLength={48} list="labels-known" required />
        </Field>
        <datalist id="labels-known">
          {known.map(one => (
            <option key={one} value={one} />
          ))}
        </datalist>
        <div class="form-actions">
          <Button onClick={() => void save.run(null)} busy={save.busy}>
            Remove labels
          </Button>
          <Button type="submit" tone="primary" busy={save.busy} disabled={!label.trim()}>
            Set label
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

export default forOwner('Workers', Workers);
