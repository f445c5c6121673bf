// Keys for programs: what each may do, until when, and the key itself once.
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { ApiKey, Items, NewApiKey } from '../../api/account';
import { api } from '../../api/client';
import { useSession } from '../../api/session';
import { useApi } from '../../api/use';
import { date } from '../../format/time';
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
  Loaded,
  Panel,
  Select,
  Skeleton,
  TextInput,
} from '../../ui';
import { useAction } from '../parts/action';
import { useAsk } from '../parts/ask';
import { Name } from '../parts/name';
import { AccountPage, forOwner } from '../parts/side';

function Keys(): VNode {
  const keys = useApi<Items<ApiKey>>('/me/keys', { every: 0 });
  const [isMaking, setMaking] = useState(false);
  const [ask, question] = useAsk();
  const revoke = (key: ApiKey): void =>
    ask({
      title: 'Revoke this key?',
      act: 'Revoke',
      danger: true,
      done: 'The key is revoked.',
      says: (
        <p>
          Programs that use <Name of={key.name} /> (<code>{key.prefix}…</code>) are refused from now on. This cannot be
          taken back; make a new key instead.
        </p>
      ),
      run: async () => {
        await api.delete(`/me/keys/${key.id}`);
        keys.reload();
      },
    });
  return (
    <AccountPage
      title="API keys"
      lead="For scripts and screens of yours. A key never changes payout settings, passwords or other keys."
      actions={
        <Button tone="primary" onClick={() => setMaking(true)}>
          <Icon name="plus" size={18} />
          New key
        </Button>
      }
    >
      <Panel>
        <Loaded
          of={keys}
          skeleton={<Skeleton lines={5} />}
          empty={[
            k => k.items.length === 0,
            <Empty title="No key yet" icon="key">
              What everybody may see needs none: see the <a href="/openapi/v1.json">API</a>.
            </Empty>,
          ]}
        >
          {list => (
            <ul class="rows">
              {list.items.map(key => (
                <li key={key.id} class="row-item">
                  <div class="row-what">
                    <b>
                      <Name of={key.name} />
                    </b>
                    <p class="quiet">
                      <code>{key.prefix}…</code> · {key.expiresAt ? `until ${date(key.expiresAt)}` : 'no end'} · used{' '}
                      <Ago time={key.lastUsedAt} none="never" />
                    </p>
                  </div>
                  <span>
                    {key.scopes.map(scope => (
                      <Badge key={scope} tone={scope === 'write' ? 'warn' : 'info'}>
                        {scope}
                      </Badge>
                    ))}
                  </span>
                  <div class="row-acts">
                    <Button tone="ghost" onClick={() => revoke(key)}>
                      Revoke…
                    </Button>
                  </div>
                </li>
              ))}
            </ul>
          )}
        </Loaded>
      </Panel>
      <Panel title="How to use one">
        <pre
          class="command"
          tabIndex={0}
          aria-label="Command"
        >{`curl -H 'Authorization: Bearer vk_…' ${location.origin}/api/v1/me`}</pre>
      </Panel>
      {isMaking && (
        <Make
          onClose={() => {
            setMaking(false);
            keys.reload();
          }}
        />
      )}
      {question}
    </AccountPage>
  );
}

const ends = [
  { value: '30', name: '30 days' },
  { value: '90', name: '90 days' },
  { value: '365', name: 'a year' },
];

function Make({ onClose }: { onClose: () => void }): VNode {
  const { me } = useSession();
  const [name, setName] = useState('');
  const [scope, setScope] = useState('read');
  const [days, setDays] = useState('90');
  const [code, setCode] = useState('');
  const [made, setMade] = useState<NewApiKey>();
  const make = useAction(async () =>
    setMade(
      await api.post<NewApiKey>('/me/keys', {
        name: name.trim(),
        scopes: scope === 'write' ? ['read', 'write'] : ['read'],
        expiresInDays: Number(days),
        ...(code.trim() && { code: code.trim() }),
      }),
    ),
  );
  return (
    <Dialog open title={made ? 'Your new key' : 'New key'} onClose={onClose}>
      {made ? (
        <div class="form">
          <p>It is shown this once. Whoever has it is you, as far as its scopes go.</p>
          <p class="secret-once">
            <code>{made.key}</code>
            <Copy text={made.key} label="Copy the key" wide />
          </p>
          <div class="form-actions">
            <Button tone="primary" onClick={onClose}>
              I have stored it
            </Button>
          </div>
        </div>
      ) : (
        <Form onSubmit={() => void make.run()} busy={make.busy} error={make.error} label="New key">
          <Field label="Name" hint="What uses it.">
            <TextInput value={name} onInput={setName} maxLength={64} required />
          </Field>
          <Field label="May">
            <Select
              value={scope}
              onInput={setScope}
              options={[
                { value: 'read', name: 'read' },
                { value: 'write', name: 'read and write: labels, alerts, payout requests' },
              ]}
            />
          </Field>
          <Field label="Good for">
            <Select value={days} onInput={setDays} options={ends} />
          </Field>
          {me?.secondFactor && (
            <Field label="Code of your second factor">
              <TextInput
                value={code}
                onInput={setCode}
                autocomplete="one-time-code"
                inputMode="numeric"
                maxLength={20}
              />
            </Field>
          )}
          <div class="form-actions">
            <Button type="submit" tone="primary" busy={make.busy} disabled={!name.trim()}>
              Make the key
            </Button>
          </div>
        </Form>
      )}
    </Dialog>
  );
}

export default forOwner('API keys', Keys);
