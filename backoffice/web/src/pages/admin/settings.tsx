// What the programs run with, and where each value comes from. Read only: the file is the truth.
import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { Items } from '../../api/account';
import type { Setting } from '../../api/admin';
import { useApi } from '../../api/use';
import { count } from '../../format/units';
import { Badge, Empty, Failed, Panel, Segmented, Skeleton, Table, TextInput } from '../../ui';
import { Name } from '../parts/name';
import { AdminPage, forStaff } from '../parts/side';

function Settings(): VNode {
  const settings = useApi<Items<Setting>>('/admin/settings', { every: 0 });
  const [search, setSearch] = useState('');
  const [which, setWhich] = useState('all');
  const rows = useMemo(
    () =>
      settings.data?.items.filter(
        s =>
          (which === 'all' || s.source !== 'default') &&
          `${s.key} ${s.value} ${s.source}`.toLowerCase().includes(search.trim().toLowerCase()),
      ),
    [settings.data, search, which],
  );
  return (
    <AdminPage
      title="Settings"
      lead="To change one, edit the configuration and restart the program. Secrets are never shown."
    >
      <Panel hint={rows && `${count(rows.length)} keys`}>
        <div class="toolbar">
          <TextInput
            type="search"
            value={search}
            onInput={setSearch}
            placeholder="Search keys, values, sources"
            aria-label="Search settings"
            maxLength={128}
          />
          <Segmented
            label="Which"
            items={[
              { id: 'all', name: 'All' },
              { id: 'set', name: 'Set by us' },
            ]}
            selected={which}
            onSelect={setWhich}
          />
        </div>
        {!rows ? (
          settings.error ? (
            <Failed error={settings.error} retry={settings.reload} />
          ) : (
            <Skeleton lines={10} />
          )
        ) : (
          <Table
            caption="Settings and their sources"
            rows={rows}
            id={s => s.key}
            empty={<Empty title="No key fits" icon="gear" />}
            columns={[
              { key: 'key', name: 'Key', primary: true, cell: s => <span class="mono breaks">{s.key}</span> },
              {
                key: 'value',
                name: 'Value',
                cell: s =>
                  s.isSecret ? (
                    <span class="quiet">hidden</span>
                  ) : (
                    <Name of={s.value} none="(empty)" class="mono breaks" />
                  ),
              },
              {
                key: 'source',
                name: 'From',
                cell: s =>
                  s.source === 'default' ? (
                    <span class="quiet">default</span>
                  ) : (
                    <Badge tone="info">
                      <span class="mono">{s.source}</span>
                    </Badge>
                  ),
              },
            ]}
          />
        )}
      </Panel>
    </AdminPage>
  );
}

export default forStaff('Settings', Settings);
