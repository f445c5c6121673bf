import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { api } from '../../api/client';
import { Button, Field, Form, Page, Panel, TextInput } from '../../ui';
import { useAction } from '../parts/action';
import { Done } from './done';
import { NewPassword, weakness } from './new-password';

export default function Register(): VNode {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [isSent, setSent] = useState(false);
  const make = useAction(async () => {
    await api.post('/auth/register', { email: email.trim(), password });
    setSent(true);
  });
  return (
    <Page
      title="Make an account"
      lead="For those who want a stratum name of their own. Who has a wallet needs none: sign in by signature."
    >
      <div class="narrow">
        <Panel>
          {isSent ? (
            <Done title="Look into your mailbox">
              <p>
                A link went to {email.trim()}; follow it to finish. It is good for a day. Nothing there? Look into the
                junk mail, or register again.
              </p>
              <p class="quiet">
                If an account of this address exists already, the mail says so, and this page does not: nobody can find
                out here who mines with us.
              </p>
            </Done>
          ) : (
            <Form onSubmit={() => void make.run()} busy={make.busy} error={make.error} label="New account">
              <Field label="E-mail">
                <TextInput
                  type="email"
                  value={email}
                  onInput={setEmail}
                  autocomplete="username"
                  maxLength={254}
                  required
                />
              </Field>
              <NewPassword value={password} onInput={setPassword} />
              <div class="form-actions">
                <Button
                  type="submit"
                  tone="primary"
                  busy={make.busy}
                  disabled={!email.includes('@') || weakness(password) !== undefined}
                >
                  Make the account
                </Button>
              </div>
              <p class="form-links">
                <a href="/sign-in?by=email">I have one</a>
                <a href="/sign-in">Sign in with a wallet</a>
              </p>
            </Form>
          )}
        </Panel>
      </div>
    </Page>
  );
}
