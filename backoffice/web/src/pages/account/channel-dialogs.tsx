import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Channel } from '../../api/account';
import { api } from '../../api/client';
import { Button, Copy, Dialog, Field, Form, Select, TextInput, toast } from '../../ui';
import { useAction } from '../parts/action';
import { kindNames } from './notifications';

const targets: Record<string, { label: string; hint: string; example: string }> = {
  email: { label: 'Address', hint: 'A code is sent to it.', example: 'you@example.com' },
  webhook: {
    label: 'URL',
    hint: 'https only. Each message is signed with a secret that you see once; a code is sent to it first.',
    example: 'https://example.com/hook',
  },
  telegram: {
    label: 'Chat id',
    hint: "Write to the pool's bot first; a code is sent to the chat.",
    example: '123456789',
  },
  discord: {
    label: 'Webhook URL',
    hint: 'Server settings, Integrations, Webhooks, Copy webhook URL.',
    example: 'https://discord.com/api/webhooks/…',
  },
};

const digests = [
  { value: '0', name: 'each at once' },
  { value: '15', name: 'gathered for 15 minutes' },
  { value: '60', name: 'gathered for an hour' },
  { value: '1440', name: 'once a day' },
];

interface AddProps {
  open: boolean;
  kinds: string[];
  onClose: () => void;
  onAdded: (channel: Channel) => void;
  onDone: () => void;
}

export function AddChannel({ open, kinds, onClose, onAdded, onDone }: AddProps): VNode {
  return (
    <Dialog open={open} title="Add a channel" onClose={onClose}>
      {open && <Add kinds={kinds} onAdded={onAdded} onDone={onDone} />}
    </Dialog>
  );
}

function Add({ kinds, onAdded, onDone }: Pick<AddProps, 'kinds' | 'onAdded' | 'onDone'>): VNode {
  const [kind, setKind] = useState(kinds[0] ?? 'email');
  const [name, setName] = useState('');
  const [target, setTarget] = useState('');
  const [digest, setDigest] = useState('0');
  const [made, setMade] = useState<Channel>();
  const add = useAction(async () => {
    const channel = await api.post<Channel>('/me/channels', {
      kind,
      ...(name.trim() && { name: name.trim() }),
      target: target.trim(),
      digestMinutes: Number(digest),
    });
    if (channel.secret) return setMade(channel);
    onDone();
    onAdded(channel);
  });
  if (made) {
    return (
      <div class="form">
        <p>The secret that signs what we send. It is shown this once.</p>
        <p class="secret-once">
          <code>{made.secret}</code>
          <Copy text={made.secret ?? ''} label="Copy the secret" wide />
        </p>
        <p class="quiet">
          Header <code>X-Viddhana-Signature</code>: HMAC-SHA256 of the time, a dot and the body; see the API's
          documentation.
        </p>
        <div class="form-actions">
          <Button
            tone="primary"
            onClick={() => {
              onDone();
              onAdded(made);
            }}
          >
            I have stored it
          </Button>
        </div>
      </div>
    );
  }
  const of = targets[kind] ?? { label: 'Target', hint: '', example: '' };
  return (
    <Form onSubmit={() => void add.run()} busy={add.busy} error={add.error} label="Channel">
      <Field label="Kind">
        <Select
          value={kind}
          onInput={value => {
            setKind(value);
            setTarget('');
          }}
          options={kinds.map(k => ({ value: k, name: kindNames[k] ?? k }))}
        />
      </Field>
      <Field label={of.label} hint={of.hint}>
        <TextInput value={target} onInput={setTarget} placeholder={of.example} maxLength={512} required />
      </Field>
      <Field label="Name" optional>
        <TextInput value={name} onInput={setName} maxLength={48} />
      </Field>
      <Field label="Messages">
        <Select value={digest} onInput={setDigest} options={digests} />
      </Field>
      <div class="form-actions">
        <Button type="submit" tone="primary" busy={add.busy} disabled={!target.trim()}>
          Add
        </Button>
      </div>
    </Form>
  );
}

export function VerifyChannel({
  of,
  onClose,
  onVerified,
}: {
  of: Channel;
  onClose: () => void;
  onVerified: () => void;
}): VNode {
  const [code, setCode] = useState('');
  const verify = useAction(async () => {
    await api.post(`/me/channels/${of.id}/verify`, { code: code.trim() });
    toast('The channel works.', 'good');
    onVerified();
  });
  const again = useAction(async () => {
    await api.post(`/me/channels/${of.id}/send-code`);
    toast('Another code is on its way.', 'good');
  });
  return (
    <Dialog open title="Enter the code" onClose={onClose}>
      <Form
        onSubmit={() => void verify.run()}
        busy={verify.busy}
        error={verify.error ?? again.error}
        label="Confirm the channel"
      >
        <Field label="Code" hint={`Sent to ${of.target}. Five tries, one hour.`}>
          <TextInput value={code} onInput={setCode} maxLength={32} autocomplete="one-time-code" autofocus required />
        </Field>
        <div class="form-actions">
          <Button onClick={() => void again.run()} busy={again.busy}>
            Send another
          </Button>
          <Button type="submit" tone="primary" busy={verify.busy} disabled={!code.trim()}>
            Confirm
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
