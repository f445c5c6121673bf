// A change of payout settings: what is to change, what it means, and the proof that the owner wants it.
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { PayoutSettings, Proof, SettingsPreview } from '../../api/account';
import { api } from '../../api/client';
import { useSession } from '../../api/session';
import { exact } from '../../format/time';
import { trimCoins } from '../../format/units';
import { Button, Dialog, Field, Form, Icon, NumberInput, Select, Switch, TextInput, toast } from '../../ui';
import { useAction } from '../parts/action';
import { Secret } from '../parts/secret';
import { WalletProof } from '../parts/wallet-proof';
import { schedules } from './payouts';

interface Props {
  of: PayoutSettings;
  open: boolean;
  onClose: () => void;
  onSaved: () => void;
}

type Change = {
  account: string;
  coin: string;
  network: string;
  address?: string;
  threshold?: string;
  schedule?: string;
  paused?: boolean;
};

export function SettingsDialog({ of, open, onClose, onSaved }: Props): VNode {
  return (
    <Dialog open={open} title={`Payout settings of ${of.symbol}`} onClose={onClose}>
      {open && <Steps of={of} onSaved={onSaved} />}
    </Dialog>
  );
}

function Steps({ of, onSaved }: { of: PayoutSettings; onSaved: () => void }): VNode {
  const [address, setAddress] = useState(of.address ?? '');
  const [threshold, setThreshold] = useState(of.ownThreshold ? trimCoins(of.threshold.decimal) : '');
  const [schedule, setSchedule] = useState(of.schedule);
  const [paused, setPaused] = useState(of.paused);
  const [planned, setPlanned] = useState<{ change: Change; preview: SettingsPreview }>();
  const was = of.ownThreshold ? trimCoins(of.threshold.decimal) : '';
  const change: Change = {
    account: of.account,
    coin: of.coin,
    network: of.network,
    ...(address.trim() !== (of.address ?? '') && { address: address.trim() }),
    ...(threshold.trim() !== was && { threshold: threshold.trim() || 'default' }),
    ...(schedule !== of.schedule && { schedule }),
    ...(paused !== of.paused && { paused }),
  };
  const isChanged = Object.keys(change).length > 3;
  const look = useAction(async () =>
    setPlanned({ change, preview: await api.post<SettingsPreview>('/payout-settings/preview', change) }),
  );
  if (planned) return <Prove planned={planned} onBack={() => setPlanned(undefined)} onSaved={onSaved} />;
  return (
    <Form onSubmit={() => void look.run()} busy={look.busy} error={look.error} label="Payout settings">
      <Field
        label="Payout address"
        hint={
          of.change
            ? 'A change waits already; cancel it to ask for another.'
            : `Another address is paid after ${of.delayHours} hours; all your channels are told at once.`
        }
      >
        <TextInput value={address} onInput={setAddress} maxLength={128} class="mono" disabled={of.change !== null} />
      </Field>
      <Field
        label={`Threshold in ${of.symbol}`}
        optional
        hint={`From ${trimCoins(of.thresholdMin.decimal)} to ${trimCoins(of.thresholdMax.decimal)}. Empty: the pool's own.`}
      >
        <NumberInput
          value={threshold}
          onInput={setThreshold}
          maxLength={30}
          placeholder={of.ownThreshold ? '' : trimCoins(of.threshold.decimal)}
        />
      </Field>
      <Field label="When">
        <Select
          value={schedule}
          onInput={setSchedule}
          options={of.schedules.map(s => ({ value: s, name: schedules[s] ?? s }))}
        />
      </Field>
      <Switch
        label="Pause payouts"
        checked={paused}
        onInput={setPaused}
        hint="The balance grows; nothing is sent until you switch it off."
      />
      <div class="form-actions">
        <Button type="submit" tone="primary" busy={look.busy} disabled={!isChanged}>
          Look at the change
        </Button>
      </div>
    </Form>
  );
}

function Prove({
  planned,
  onBack,
  onSaved,
}: {
  planned: { change: Change; preview: SettingsPreview };
  onBack: () => void;
  onSaved: () => void;
}): VNode {
  const { change, preview } = planned;
  const save = async (proof: Proof): Promise<void> => {
    await api.put('/payout-settings', { ...change, proof });
    toast(preview.due ? `Asked. The new address is paid from ${exact(preview.due)}.` : 'Saved.', 'good');
    onSaved();
  };
  return (
    <>
      <div class="banner" role="status">
        <Icon name="info" />
        <div>
          <p class="mono">{preview.detail}</p>
          {preview.due && (
            <p>The new address is paid from {exact(preview.due)}. Until then the old one is, and you can cancel.</p>
          )}
        </div>
      </div>
      {preview.proof.kind === 'signature' && preview.proof.address ? (
        <WalletProof
          address={preview.proof.address}
          purpose="payout-settings"
          detail={preview.detail}
          act="Change it"
          onBack={onBack}
          onAnswer={({ challengeId, signature }) => save({ challengeId, signature })}
        />
      ) : (
        <ByPassword onBack={onBack} onProof={save} />
      )}
    </>
  );
}

function ByPassword({ onBack, onProof }: { onBack: () => void; onProof: (proof: Proof) => Promise<void> }): VNode {
  const { me } = useSession();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const prove = useAction(() => onProof({ password, code: code.trim() }));
  if (me && !me.secondFactor) {
    return (
      <div class="form">
        <p>
          Payout settings of this account need its password and a second factor.{' '}
          <a href="/account/security">Set the second factor up</a> first.
        </p>
        <div class="form-actions">
          <Button onClick={onBack}>Back</Button>
        </div>
      </div>
    );
  }
  return (
    <Form onSubmit={() => void prove.run()} busy={prove.busy} error={prove.error} label="Proof">
      <Field label="Password">
        <Secret value={password} onInput={setPassword} autocomplete="current-password" />
      </Field>
      <Field label="Code of your second factor">
        <TextInput
          value={code}
          onInput={setCode}
          autocomplete="one-time-code"
          inputMode="numeric"
          maxLength={20}
          required
        />
      </Field>
      <div class="form-actions">
        <Button onClick={onBack}>Back</Button>
        <Button type="submit" tone="primary" busy={prove.busy} disabled={!password || !code.trim()}>
          Change it
        </Button>
      </div>
    </Form>
  );
}
