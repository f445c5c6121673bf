import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Account, AlertRule, Channel, Items } from '../../api/account';
import { api } from '../../api/client';
import { useApi } from '../../api/use';
import { Button, Dialog, Field, Form, NumberInput, Select, Switch } from '../../ui';
import { useAction } from '../parts/action';
import { visible } from '../parts/name';
import { kindNames } from './notifications';

const kinds = [
  { value: 'worker-off', name: 'A worker has stopped' },
  { value: 'worker-low', name: 'A worker is slow' },
  { value: 'block-found', name: 'A block is found' },
  { value: 'payout-sent', name: 'Coins are sent to me' },
  { value: 'best-share', name: 'A new best share of mine' },
];

const words: Record<string, (rule: AlertRule) => string> = {
  'worker-off': rule => `a worker sends no share for ${rule.minutes ?? 10} minutes`,
  'worker-low': rule => `a worker is under ${rule.percent ?? 50} % of its own day for ${rule.minutes ?? 30} minutes`,
  'block-found': () => 'a block is found',
  'payout-sent': () => 'coins are sent',
  'best-share': () => 'a new best share',
};

/** The rule as a sentence begins. */
export function ruleWords(rule: AlertRule): string {
  const text = words[rule.kind]?.(rule) ?? rule.kind;
  return text[0]!.toUpperCase() + text.slice(1);
}

interface Props {
  of: AlertRule | undefined;
  accounts: Account[];
  channels: Channel[];
  onClose: () => void;
  onSaved: () => void;
}

export const RuleDialog = (props: Props): VNode => (
  <Dialog open title={props.of ? 'Change the alert' : 'Add an alert'} onClose={props.onClose}>
    <Fields {...props} />
  </Dialog>
);

function Fields({ of, accounts, channels, onSaved }: Props): VNode {
  const [account, setAccount] = useState(of?.account ?? accounts[0]?.name ?? '');
  const [kind, setKind] = useState(of?.kind ?? 'worker-off');
  const [isOn, setOn] = useState(of?.on ?? true);
  const [minutes, setMinutes] = useState(String(of?.minutes ?? 15));
  const [percent, setPercent] = useState(String(of?.percent ?? 50));
  const [label, setLabel] = useState(of?.label ?? '');
  const [chosen, setChosen] = useState<number[] | null>(of?.channels ?? null);
  const labels = useApi<Items<{ label: string }>>(
    account ? `/me/accounts/${encodeURIComponent(account)}/workers/labels` : null,
    { every: 0 },
  );
  const isWorker = kind.startsWith('worker-');
  const save = useAction(async () => {
    const rule = {
      account,
      kind,
      on: isOn,
      minutes: isWorker ? Number(minutes) : null,
      percent: kind === 'worker-low' ? Number(percent) : null,
      label: isWorker && label ? label : null,
      channels: chosen,
    };
    await (of ? api.put(`/me/alerts/${of.id}`, rule) : api.post('/me/alerts', rule));
    onSaved();
  });
  return (
    <Form onSubmit={() => void save.run()} busy={save.busy} error={save.error} label="Alert">
      <Field label="When">
        <Select value={kind} onInput={setKind} options={kinds} />
      </Field>
      {accounts.length > 1 && (
        <Field label="Account">
          <Select value={account} onInput={setAccount} options={accounts.map(a => ({ value: a.name, name: a.name }))} />
        </Field>
      )}
      {isWorker && (
        <Field label="Minutes" hint="From 5 to 1440. Short times cry wolf when luck is bad.">
          <NumberInput value={minutes} onInput={setMinutes} maxLength={4} inputMode="numeric" />
        </Field>
      )}
      {kind === 'worker-low' && (
        <Field label="Percent of the worker's own day" hint="From 10 to 90.">
          <NumberInput value={percent} onInput={setPercent} maxLength={2} inputMode="numeric" />
        </Field>
      )}
      {isWorker && (
        <Field label="Workers">
          <Select
            value={label}
            onInput={setLabel}
            options={[
              { value: '', name: 'all' },
              ...(labels.data?.items ?? []).map(l => ({ value: l.label, name: `label ${visible(l.label)}` })),
            ]}
          />
        </Field>
      )}
      <ChannelChoice channels={channels} chosen={chosen} onChoose={setChosen} />
      <Switch label="On" checked={isOn} onInput={setOn} />
      <div class="form-actions">
        <Button type="submit" tone="primary" busy={save.busy} disabled={chosen?.length === 0}>
          Save
        </Button>
      </div>
    </Form>
  );
}

function ChannelChoice({
  channels,
  chosen,
  onChoose,
}: {
  channels: Channel[];
  chosen: number[] | null;
  onChoose: (ids: number[] | null) => void;
}): VNode {
  const toggle = (id: number, isOn: boolean): void => {
    const next = isOn ? [...(chosen ?? []), id] : (chosen ?? channels.map(c => c.id)).filter(c => c !== id);
    onChoose(next.length === channels.length ? null : next);
  };
  return (
    <fieldset class="choices">
      <legend>Tell on</legend>
      {channels.length === 0 && <p class="quiet">No channel yet: notices are kept on this page.</p>}
      {channels.map(c => (
        <label key={c.id} class="check">
          <input
            type="checkbox"
            checked={chosen === null || chosen.includes(c.id)}
            onChange={event => toggle(c.id, event.currentTarget.checked)}
          />
          <span>
            {kindNames[c.kind] ?? c.kind} {visible(c.name || c.target)}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
