import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Button, Dialog, Field, Form, TextInput, toast } from '../../ui';
import { useAction } from './action';

export interface Question {
  title: string;
  /** What will happen, in whole sentences. */
  says: ComponentChildren;
  /** The word on the button: the act itself, never "OK". */
  act: string;
  danger?: boolean;
  /** Asks for a reason, which the audit log keeps; 3 to 200 characters. */
  reason?: boolean;
  /** Asks for a code of the second factor. */
  code?: boolean;
  /** Has to be typed to go on: for what cannot be taken back. */
  type?: string;
  done?: string;
  run: (reason: string, code: string) => Promise<void>;
}

/** Nothing is destroyed by one click: `const [ask, question] = useAsk()`, `ask({…})`, and `{question}` on the page. */
export function useAsk(): [(question: Question) => void, ComponentChildren] {
  const [question, set] = useState<Question>();
  return [set, question && <Ask key={question.title} of={question} onClose={() => set(undefined)} />];
}

function Ask({ of, onClose }: { of: Question; onClose: () => void }) {
  const [reason, setReason] = useState('');
  const [code, setCode] = useState('');
  const [typed, setTyped] = useState('');
  const action = useAction(async () => {
    await of.run(reason.trim(), code.trim());
    if (of.done) toast(of.done, 'good');
    onClose();
  });
  const isReady = (!of.reason || reason.trim().length >= 3) && (!of.type || typed === of.type);
  return (
    <Dialog open title={of.title} onClose={onClose}>
      <Form onSubmit={() => void (isReady && action.run())} busy={action.busy} error={action.error}>
        <div class="ask-says">{of.says}</div>
        {of.reason && (
          <Field label="Reason" hint="At least 3 characters. Kept in the audit log.">
            <TextInput value={reason} onInput={setReason} maxLength={200} required autofocus />
          </Field>
        )}
        {of.code && (
          <Field
            label="Code of the second factor"
            hint="Six digits from your app, or a backup code. Empty if you have none."
          >
            <TextInput value={code} onInput={setCode} maxLength={20} autocomplete="one-time-code" inputMode="numeric" />
          </Field>
        )}
        {of.type && (
          <Field label={`Type ${of.type} to go on`}>
            <TextInput value={typed} onInput={setTyped} maxLength={200} autocomplete="off" />
          </Field>
        )}
        <div class="form-actions">
          <Button onClick={onClose}>Keep as it is</Button>
          <Button type="submit" tone={of.danger ? 'danger' : 'primary'} busy={action.busy} disabled={!isReady}>
            {of.act}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
