import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { api } from '../../api/client';
import { Button, Copy, Dialog, Field, Form, TextInput } from '../../ui';
import { Qr } from '../../ui/qr';
import { useAction } from '../parts/action';
import { Secret } from '../parts/secret';

interface Props {
  needsPassword: boolean;
  onClose: () => void;
  onOn: (backupCodes: string[]) => void;
}

/** Password, then the code to scan, then the proof that the app has it. */
export function SecondFactorDialog({ needsPassword, onClose, onOn }: Props): VNode {
  const [found, setFound] = useState<{ secret: string; uri: string }>();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const begin = useAction(async () => setFound(await api.post('/me/totp', needsPassword ? { password } : {})));
  const turnOn = useAction(async () =>
    onOn((await api.put<{ backupCodes: string[] }>('/me/totp', { code: code.trim() })).backupCodes),
  );
  return (
    <Dialog open title="Set up a second factor" onClose={onClose}>
      {!found ? (
        <Form onSubmit={() => void begin.run()} busy={begin.busy} error={begin.error} label="Begin">
          <p>You need an app that makes codes: Aegis, Google Authenticator, 1Password, KeePassXC and many more.</p>
          {needsPassword && (
            <Field label="Your password">
              <Secret value={password} onInput={setPassword} autocomplete="current-password" />
            </Field>
          )}
          <div class="form-actions">
            <Button type="submit" tone="primary" busy={begin.busy} disabled={needsPassword && !password}>
              Go on
            </Button>
          </div>
        </Form>
      ) : (
        <Form onSubmit={() => void turnOn.run()} busy={turnOn.busy} error={turnOn.error} label="Second factor">
          <div class="totp">
            <Qr text={found.uri} label="QR code for your app; the same as text stands beside it" />
            <div>
              <p>Scan this with the app, or type the secret:</p>
              <p class="secret-once">
                <code>{found.secret.replace(/(.{4})/g, '$1 ').trim()}</code>
                <Copy text={found.secret} label="Copy the secret" />
              </p>
            </div>
          </div>
          <Field label="Code that the app shows now">
            <TextInput
              value={code}
              onInput={setCode}
              inputMode="numeric"
              autocomplete="one-time-code"
              maxLength={10}
              required
            />
          </Field>
          <div class="form-actions">
            <Button type="submit" tone="primary" busy={turnOn.busy} disabled={code.trim().length < 6}>
              Switch it on
            </Button>
          </div>
        </Form>
      )}
    </Dialog>
  );
}

/** Shown this once. */
export function ShowCodes({ codes, onClose }: { codes: string[]; onClose: () => void }): VNode {
  return (
    <Dialog
      open
      title="Backup codes"
      onClose={onClose}
      actions={
        <Button tone="primary" onClick={onClose}>
          I have stored them
        </Button>
      }
    >
      <p>
        Each opens the door once when the phone is lost. They are shown this once: print them or put them into a
        password store.
      </p>
      <ol class="codes">
        {codes.map(code => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ol>
      <Copy text={codes.join('\n')} label="Copy all" wide />
    </Dialog>
  );
}
