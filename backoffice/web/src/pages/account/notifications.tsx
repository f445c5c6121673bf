// Where one is told, of what, and what has been told.
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Account, AlertRule, Channel, Items, Notice } from '../../api/account';
import { api } from '../../api/client';
import { useApi, usePages } from '../../api/use';
import { middle } from '../../format/units';
import { Ago, Badge, Button, Empty, Icon, Loaded, Panel, Skeleton, State, toast } from '../../ui';
import { useAction } from '../parts/action';
import { useAsk } from '../parts/ask';
import { Name, visible } from '../parts/name';
import { AccountPage, forOwner } from '../parts/side';
import { AddChannel, VerifyChannel } from './channel-dialogs';
import { RuleDialog, ruleWords } from './rule-dialog';

type Channels = Items<Channel> & { kinds?: string[] };

function Notifications(): VNode {
  const channels = useApi<Channels>('/me/channels', { every: 0 });
  return (
    <AccountPage
      title="Notifications"
      lead="A changed payout address is told on every channel, always. The rest is yours to choose."
    >
      <ChannelsPanel channels={channels} />
      <RulesPanel channels={channels.data?.items ?? []} />
      <Told />
    </AccountPage>
  );
}

export const kindNames: Record<string, string> = {
  email: 'E-mail',
  webhook: 'Webhook',
  telegram: 'Telegram',
  discord: 'Discord',
};

function ChannelsPanel({ channels }: { channels: ReturnType<typeof useApi<Channels>> }): VNode {
  const [isAdding, setAdding] = useState(false);
  const [verifying, verify] = useState<Channel>();
  const kinds = channels.data?.kinds ?? Object.keys(kindNames);
  return (
    <Panel
      title="Channels"
      actions={
        <Button tone="primary" onClick={() => setAdding(true)} disabled={kinds.length === 0}>
          <Icon name="plus" size={18} />
          Add
        </Button>
      }
    >
      <Loaded
        of={channels}
        skeleton={<Skeleton lines={4} />}
        empty={[
          c => c.items.length === 0,
          <Empty title={kinds.length === 0 ? 'This pool sends no notices' : 'No channel yet'} icon="bell">
            {kinds.length === 0
              ? 'Its operator has configured no way to send them.'
              : `By ${kinds.map(k => kindNames[k] ?? k).join(', ')}.`}
          </Empty>,
        ]}
      >
        {list => (
          <ul class="rows">
            {list.items.map(c => (
              <ChannelRow key={c.id} of={c} onChanged={channels.reload} onVerify={() => verify(c)} />
            ))}
          </ul>
        )}
      </Loaded>
      <AddChannel
        open={isAdding}
        kinds={kinds}
        onClose={() => setAdding(false)}
        onAdded={channel => {
          channels.reload();
          if (channel.state === 'unverified') verify(channel);
        }}
        onDone={() => setAdding(false)}
      />
      {verifying && (
        <VerifyChannel
          of={verifying}
          onClose={() => verify(undefined)}
          onVerified={() => {
            verify(undefined);
            channels.reload();
          }}
        />
      )}
    </Panel>
  );
}

function ChannelRow({ of, onChanged, onVerify }: { of: Channel; onChanged: () => void; onVerify: () => void }): VNode {
  const [ask, question] = useAsk();
  const test = useAction(async () => {
    await api.post(`/me/channels/${of.id}/test`);
    toast('A test message is on its way.', 'good');
  });
  const remove = (): void =>
    ask({
      title: 'Remove this channel?',
      act: 'Remove',
      danger: true,
      done: 'The channel is removed.',
      says: (
        <p>
          Nothing more is sent to <Name of={of.name || of.target} />, but for one thing: for seven days it is still told
          of a changed payout address, so that nobody can silence you first.
        </p>
      ),
      run: async () => {
        await api.delete(`/me/channels/${of.id}`);
        onChanged();
      },
    });
  return (
    <li class="row-item">
      <div class="row-what">
        <b>{kindNames[of.kind] ?? of.kind}</b> <Name of={of.name} none="" />
        <p class="quiet">
          <Name of={of.target} class="mono" />
          {of.digestMinutes > 0 ? ` · gathered for ${of.digestMinutes} min` : ''}
        </p>
        {of.lastError && (
          <p class="row-error">
            <Icon name="alert" size={15} />
            <Name of={of.lastError} />
          </p>
        )}
        {test.error && (
          <p class="row-error" role="alert">
            {test.error}
          </p>
        )}
      </div>
      <State of={of.state === 'ok' ? 'ok' : of.state === 'failing' ? 'failed' : 'held'} text={of.state} />
      <div class="row-acts">
        {of.state === 'unverified' ? (
          <Button onClick={onVerify}>Enter the code</Button>
        ) : (
          <Button tone="ghost" onClick={() => void test.run()} busy={test.busy}>
            Test
          </Button>
        )}
        <Button tone="ghost" onClick={remove}>
          Remove…
        </Button>
      </div>
      {question}
    </li>
  );
}

function RulesPanel({ channels }: { channels: Channel[] }): VNode {
  const rules = useApi<Items<AlertRule>>('/me/alerts', { every: 0 });
  const accounts = useApi<Items<Account>>('/me/accounts', { every: 0 });
  const [editing, edit] = useState<AlertRule | 'new'>();
  return (
    <Panel
      title="Alerts"
      hint="Each once when it begins and once when it is over."
      actions={
        <Button tone="primary" onClick={() => edit('new')} disabled={!accounts.data?.items.length}>
          <Icon name="plus" size={18} />
          Add
        </Button>
      }
    >
      <Loaded
        of={rules}
        skeleton={<Skeleton lines={4} />}
        empty={[
          r => r.items.length === 0,
          <Empty title="No alert yet" icon="bell">
            Be told when a worker stops, a block is found, or coins are sent.
          </Empty>,
        ]}
      >
        {list => (
          <ul class="rows">
            {list.items.map(rule => (
              <RuleRow key={rule.id} of={rule} channels={channels} onEdit={() => edit(rule)} onChanged={rules.reload} />
            ))}
          </ul>
        )}
      </Loaded>
      {editing !== undefined && (
        <RuleDialog
          of={editing === 'new' ? undefined : editing}
          accounts={accounts.data?.items ?? []}
          channels={channels}
          onClose={() => edit(undefined)}
          onSaved={() => {
            edit(undefined);
            rules.reload();
          }}
        />
      )}
    </Panel>
  );
}

function RuleRow({
  of,
  channels,
  onEdit,
  onChanged,
}: {
  of: AlertRule;
  channels: Channel[];
  onEdit: () => void;
  onChanged: () => void;
}): VNode {
  const [ask, question] = useAsk();
  const remove = (): void =>
    ask({
      title: 'Remove this alert?',
      act: 'Remove',
      danger: true,
      done: 'The alert is removed.',
      says: <p>You are no longer told: {ruleWords(of)}.</p>,
      run: async () => {
        await api.delete(`/me/alerts/${of.id}`);
        onChanged();
      },
    });
  const to =
    of.channels === null
      ? 'all channels'
      : channels
          .filter(c => of.channels!.includes(c.id))
          .map(c => visible(c.name) || kindNames[c.kind] || c.kind)
          .join(', ') || 'no channel';
  return (
    <li class="row-item">
      <div class="row-what">
        <b>{ruleWords(of)}</b>
        <p class="quiet">
          <span class="mono">{middle(of.account, 10, 6)}</span>
          {of.label && (
            <>
              {' '}
              · label <Name of={of.label} />
            </>
          )}{' '}
          · {to}
        </p>
      </div>
      {of.on ? <Badge tone="good">on</Badge> : <Badge>off</Badge>}
      <div class="row-acts">
        <Button tone="ghost" onClick={onEdit}>
          Change
        </Button>
        <Button tone="ghost" onClick={remove}>
          Remove…
        </Button>
      </div>
      {question}
    </li>
  );
}

function Told(): VNode {
  const notices = usePages<Notice>('/me/notices', { limit: 20, every: 60 });
  return (
    <Panel title="Told lately">
      {notices.items?.length === 0 ? (
        <Empty title="Nothing yet" icon="bell" />
      ) : (
        <ol class="told">
          {notices.items?.map(n => (
            <li key={n.id}>
              <b>
                <Name of={n.title} />
              </b>{' '}
              <Ago time={n.time} />
              {n.lines.map((line, i) => (
                <p key={i} class="quiet">
                  <Name of={line} />
                </p>
              ))}
            </li>
          )) ?? <Skeleton lines={4} />}
        </ol>
      )}
      {notices.hasMore && (
        <div class="more">
          <Button onClick={notices.more} busy={notices.isMoreLoading}>
            Show more
          </Button>
        </div>
      )}
    </Panel>
  );
}

export default forOwner('Notifications', Notifications);
