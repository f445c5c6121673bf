// A forgotten password: asks for the mail, and takes the link of the mail.
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { api } from '../../api/client';
import type { PageProps } from '../../router';
import { Button, ButtonLink, Field, Form, Page, Panel, TextInput } from '../../ui';
import { useAction } from '../parts/action';
import { Done } from './done';
import { NewPassword, weakness } from './new-password';

export default function Reset({ query }: PageProps): VNode {
  const token = query['token'];
  return (
    <Page title="Reset the password">
      <div class="narrow">
        <Panel>{token ? <Choose token={token} /> : <Ask />}</Panel>
      </div>
    </Page>
  );
}

function Ask(): VNode {
  const [email, setEmail] = useState('');
  const [isSent, setSent] = useState(false);
  const ask = useAction(async () => {
    await api.post('/auth/password/forgot', { email: email.trim() });
    setSent(true);
  });
  if (isSent)
    return (
      <Done title="Look into your mailbox">
        <p>If there is an account of {email.trim()}, a link is on its way. It is good for an hour.</p>
      </Done>
    );
  return (
    <Form onSubmit={() => void ask.run()} busy={ask.busy} error={ask.error} label="Forgotten password">
      <Field label="E-mail">
        <TextInput type="email" value={email} onInput={setEmail} autocomplete="username" maxLength={254} required />
      </Field>
      <div class="form-actions">
        <Button type="submit" tone="primary" busy={ask.busy} disabled={!email.includes('@')}>
          Send the link
        </Button>
      </div>
      <p class="form-links">
        <a href="/sign-in?by=email">Back to sign in</a>
      </p>
    </Form>
  );
}

function Choose({ token }: { token: string }): VNode {
  const [password, setPassword] = useState('');
  const [isDone, setDone] = useState(false);
  const set = useAction(async () => {
    await api.post('/auth/password/reset', { token, password });
    setDone(true);
  });
  if (isDone)
    return (
      <Done title="The new password is set">
        <p>All sessions have ended.</p>
        <p>
          <ButtonLink tone="primary" href="/sign-in?by=email">
            Sign in
          </ButtonLink>
        </p>
      </Done>
    );
  return (
    <Form onSubmit={() => void set.run()} busy={set.busy} error={set.error} label="Choose a password">
      <NewPassword value={password} onInput={setPassword} label="New password" />
      <div class="form-actions">
        <Button type="submit" tone="primary" busy={set.busy} disabled={weakness(password) !== undefined}>
          Set the password
        </Button>
      </div>
    </Form>
  );
}
