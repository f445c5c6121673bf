// In by a signature of the address that mines, or by e-mail and password; staff by name and password.
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { TokenAnswer } from '../../api/account';
import { api } from '../../api/client';
import { atLeast, session, useSession } from '../../api/session';
import { navigate, type PageProps } from '../../router';
import { Button, Field, Form, Page, Panel, Tabs, TextInput } from '../../ui';
import { codeOf, useAction } from '../parts/action';
import { Secret } from '../parts/secret';
import { WalletProof } from '../parts/wallet-proof';

/** Only places of this site: a link from elsewhere must not lead away after the sign-in. */
const localPath = (path: string | undefined): string | undefined =>
  path !== undefined && /^\/(?![/\\])/.test(path) ? path : undefined;

export default function SignIn({ query }: PageProps): VNode {
  const { state, me } = useSession();
  const [tab, setTab] = useState(query['by'] === 'email' ? 'email' : 'wallet');
  useEffect(() => {
    if (state === 'in') navigate(localPath(query['back']) ?? (atLeast(me, 'support') ? '/admin' : '/account'), true);
  }, [state]);
  return (
    <Page
      title="Sign in"
      lead="Looking needs no login. Sign in to label workers, set payouts, and be told when something stops."
    >
      <div class="narrow">
        <Panel>
          <Tabs
            label="Way of signing in"
            selected={tab}
            onSelect={setTab}
            items={[
              { id: 'wallet', name: 'Wallet' },
              { id: 'email', name: 'E-mail' },
            ]}
          >
            {tab === 'wallet' ? <ByWallet address={query['address'] ?? ''} /> : <ByPassword />}
          </Tabs>
        </Panel>
      </div>
    </Page>
  );
}

/** True once the server has asked for the second factor. */
function useSecondFactor(): [boolean, (failure: unknown) => boolean] {
  const [isAsked, ask] = useState(false);
  return [
    isAsked,
    failure => {
      if (codeOf(failure) !== 'second-factor-required') return false;
      ask(true);
      return true;
    },
  ];
}

function ByWallet({ address: given }: { address: string }): VNode {
  const [address, setAddress] = useState(given);
  const [signer, setSigner] = useState<string>();
  const [needsCode, onFail] = useSecondFactor();
  if (signer) {
    return (
      <WalletProof
        address={signer}
        purpose="login"
        act="Sign in"
        needsCode={needsCode}
        onFail={onFail}
        onBack={() => setSigner(undefined)}
        onAnswer={async answer => session.accept(await api.post<TokenAnswer>('/auth/wallet', answer))}
      />
    );
  }
  return (
    <Form
      onSubmit={() => {
        if (address.trim()) setSigner(address.trim());
      }}
      label="Whose key signs"
    >
      <Field
        label="Address that you mine to"
        hint="You sign a text with its key. No coins move, nothing is sent to the chain, and the key stays in your wallet."
      >
        <TextInput value={address} onInput={setAddress} maxLength={191} class="mono" required />
      </Field>
      <div class="form-actions">
        <Button type="submit" tone="primary" disabled={!address.trim()}>
          Get the text to sign
        </Button>
      </div>
    </Form>
  );
}

function ByPassword(): VNode {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [needsCode, onFail] = useSecondFactor();
  const enter = useAction(async () => {
    session.accept(
      await api.post<TokenAnswer>('/auth/login', {
        name: name.trim(),
        password,
        ...(code.trim() && { code: code.trim() }),
      }),
    );
  }, onFail);
  return (
    <Form onSubmit={() => void enter.run()} busy={enter.busy} error={enter.error} label="E-mail and password">
      <Field label="E-mail" hint="Staff: the login's name.">
        <TextInput value={name} onInput={setName} autocomplete="username" inputMode="email" maxLength={254} required />
      </Field>
      <Field label="Password">
        <Secret value={password} onInput={setPassword} autocomplete="current-password" />
      </Field>
      {needsCode && (
        <Field label="Code of your second factor" hint="Six digits from your app, or a backup code.">
          <TextInput
            value={code}
            onInput={setCode}
            autocomplete="one-time-code"
            inputMode="numeric"
            maxLength={20}
            autofocus
          />
        </Field>
      )}
      <div class="form-actions">
        <Button type="submit" tone="primary" busy={enter.busy} disabled={!name.trim() || !password}>
          Sign in
        </Button>
      </div>
      <p class="form-links">
        <a href="/register">Make an account</a>
        <a href="/reset">Forgot the password?</a>
      </p>
    </Form>
  );
}
