// A signature of an address: what to sign, how to sign it in the wallets that people have, and where to put the answer.
import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { api } from '../../api/client';
import type { Challenge } from '../../api/account';
import { duration } from '../../format/time';
import { Button, Copy, Field, Form, Icon, Skeleton, Tabs, TextArea, TextInput } from '../../ui';
import { useAction, useCountdown, wordsOf } from './action';

export interface WalletAnswer {
  challengeId: string;
  signature: string;
  code?: string;
}

interface ProofProps {
  address: string;
  purpose: 'login' | 'claim' | 'payout-settings';
  /** What is decided, as the signer reads it. */
  detail?: string;
  act: string;
  /** True when the login's second factor has been asked for. */
  needsCode?: boolean;
  onAnswer: (answer: WalletAnswer) => Promise<void>;
  onFail?: (failure: unknown) => boolean;
  onBack?: () => void;
}

export function WalletProof({ address, purpose, detail, act, needsCode, onAnswer, onFail, onBack }: ProofProps): VNode {
  const [challenge, setChallenge] = useState<Challenge>();
  const [failed, setFailed] = useState<string>();
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let isGone = false;
    setChallenge(undefined);
    setFailed(undefined);
    api.post<Challenge>('/auth/challenge', { address, purpose, ...(detail !== undefined && { detail }) }).then(
      answer => {
        if (!isGone) setChallenge(answer);
      },
      (failure: unknown) => {
        if (!isGone) setFailed(wordsOf(failure));
      },
    );
    return () => {
      isGone = true;
    };
  }, [address, purpose, detail, turn]);
  if (failed) {
    return (
      <div class="form">
        <p class="form-error" role="alert">
          <Icon name="alert" size={18} />
          {failed}
        </p>
        <div class="form-actions">
          {onBack && <Button onClick={onBack}>Back</Button>}
          <Button tone="primary" onClick={() => setTurn(turn + 1)}>
            Try again
          </Button>
        </div>
      </div>
    );
  }
  if (!challenge) return <Skeleton lines={8} />;
  const signing = { act, needsCode, onAnswer, onFail, onBack };
  return (
    <Signing
      {...signing}
      key={challenge.challengeId}
      challenge={challenge}
      address={address}
      onRenew={() => setTurn(turn + 1)}
    />
  );
}

type SigningProps = Pick<ProofProps, 'act' | 'needsCode' | 'onAnswer' | 'onFail' | 'onBack'> & {
  challenge: Challenge;
  address: string;
  onRenew: () => void;
};

function Signing({ challenge, address, act, needsCode, onAnswer, onFail, onBack, onRenew }: SigningProps): VNode {
  const [signature, setSignature] = useState('');
  const [code, setCode] = useState('');
  const seconds = useCountdown(challenge.expiresAt);
  const action = useAction(async () => {
    await onAnswer({
      challengeId: challenge.challengeId,
      signature: signature.trim(),
      ...(code.trim() && { code: code.trim() }),
    });
  }, onFail);
  const isOver = seconds === 0;
  return (
    <Form onSubmit={() => void action.run()} busy={action.busy} error={action.error} label="Signature">
      <div class="signed-text">
        <div class="signed-head">
          <h3>
            1. Sign this text, all of it, with {address.slice(0, 8)}…{address.slice(-6)}
          </h3>
          <Copy text={challenge.message} label="Copy the text" wide />
        </div>
        <pre tabIndex={0} aria-label="Text to sign">
          {challenge.message}
        </pre>
      </div>
      <Wallets challenge={challenge} address={address} onSigned={setSignature} />
      <Field
        label="2. Paste the signature"
        hint={isOver ? undefined : `Good for ${duration(seconds)} and for one use.`}
        error={isOver ? 'The text is too old now. Get a new one and sign that.' : undefined}
      >
        <TextArea value={signature} onInput={setSignature} rows={3} maxLength={4096} class="mono" required />
      </Field>
      {needsCode && (
        <Field label="3. Code of your second factor" hint="Six digits from your app, or a backup code.">
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
        {onBack && <Button onClick={onBack}>Back</Button>}
        <Button onClick={onRenew} tone="ghost">
          New text
        </Button>
        <Button type="submit" tone="primary" busy={action.busy} disabled={isOver || signature.trim() === ''}>
          {act}
        </Button>
      </div>
    </Form>
  );
}

interface Ethereum {
  request: (call: { method: string; params?: unknown[] }) => Promise<unknown>;
}

/** For a shell: everything inside is literal, line ends too. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function Wallets({
  challenge,
  address,
  onSigned,
}: {
  challenge: Challenge;
  address: string;
  onSigned: (signature: string) => void;
}): VNode {
  const isEvm = challenge.formats.includes('eip191');
  const wallets = isEvm ? evmWallets(challenge, address, onSigned) : bitcoinWallets(challenge, address);
  const [chosen, setChosen] = useState(wallets[0]!.id);
  return (
    <details class="wallets">
      <summary>How to sign in your wallet</summary>
      <Tabs label="Wallet" items={wallets} selected={chosen} onSelect={setChosen}>
        <div class="wallet-steps">{wallets.find(w => w.id === chosen)?.steps}</div>
      </Tabs>
    </details>
  );
}

interface Wallet {
  id: string;
  name: string;
  steps: ComponentChildren;
}

function bitcoinWallets(challenge: Challenge, address: string): Wallet[] {
  const command = `bitcoin-cli signmessage ${quoted(address)} ${quoted(challenge.message)}`;
  return [
    {
      id: 'sparrow',
      name: 'Sparrow',
      steps: (
        <ol>
          <li>Tools, then Sign/Verify Message.</li>
          <li>Choose the address, paste the text as the message.</li>
          <li>Format BIP322 (Simple); Standard (Electrum) for a hardware wallet.</li>
          <li>Sign Message, and copy the signature.</li>
        </ol>
      ),
    },
    {
      id: 'electrum',
      name: 'Electrum',
      steps: (
        <ol>
          <li>Tools, then Sign/verify message.</li>
          <li>Paste the address and the text.</li>
          <li>Sign, enter your password, and copy the signature.</li>
        </ol>
      ),
    },
    {
      id: 'core',
      name: 'Core',
      steps: (
        <>
          <p>
            For addresses that begin with 1 (m or n on test networks). Bitcoin Core and Litecoin Core do not sign for
            segwit addresses: use Sparrow or Electrum with the same keys.
          </p>
          <pre class="command" tabIndex={0} aria-label="Command">
            {command}
          </pre>
          <Copy text={command} label="Copy the command" wide />
        </>
      ),
    },
    {
      id: 'trezor',
      name: 'Trezor',
      steps: (
        <ol>
          <li>Trezor Suite, your account, then Sign &amp; verify.</li>
          <li>Choose the address, paste the text.</li>
          <li>Sign, confirm on the device, and copy the signature.</li>
        </ol>
      ),
    },
    {
      id: 'ledger',
      name: 'Ledger',
      steps: (
        <p>Connect the Ledger in Sparrow or Electrum and follow the steps there; the device shows the text in parts.</p>
      ),
    },
    {
      id: 'blue',
      name: 'BlueWallet',
      steps: (
        <ol>
          <li>Open the wallet, then ⋯ and Addresses.</li>
          <li>Choose the address, then Sign/Verify message.</li>
          <li>Paste the text, sign, and copy the signature.</li>
        </ol>
      ),
    },
  ];
}

function evmWallets(challenge: Challenge, address: string, onSigned: (signature: string) => void): Wallet[] {
  const wallet = (globalThis as { ethereum?: Ethereum }).ethereum;
  const browser: Wallet = {
    id: 'browser',
    name: 'In this browser',
    steps: <BrowserWallet wallet={wallet} message={challenge.message} address={address} onSigned={onSigned} />,
  };
  const others: Wallet[] = [
    {
      id: 'mew',
      name: 'MyEtherWallet',
      steps: (
        <ol>
          <li>Open the wallet, then Message, then Sign message.</li>
          <li>Paste the text and sign.</li>
          <li>Copy the sig, which begins with 0x.</li>
        </ol>
      ),
    },
    {
      id: 'cast',
      name: 'Foundry',
      steps: (
        <>
          <pre
            class="command"
            tabIndex={0}
            aria-label="Command"
          >{`cast wallet sign ${quoted(challenge.message)} --interactive`}</pre>
          <Copy text={`cast wallet sign ${quoted(challenge.message)} --interactive`} label="Copy the command" wide />
        </>
      ),
    },
  ];
  return wallet ? [browser, ...others] : others;
}

function BrowserWallet({
  wallet,
  message,
  address,
  onSigned,
}: {
  wallet: Ethereum | undefined;
  message: string;
  address: string;
  onSigned: (signature: string) => void;
}): VNode {
  const [said, say] = useState<string>();
  const sign = useAction(async () => {
    const hex = `0x${[...new TextEncoder().encode(message)].map(b => b.toString(16).padStart(2, '0')).join('')}`;
    await wallet?.request({ method: 'eth_requestAccounts' });
    onSigned(String(await wallet?.request({ method: 'personal_sign', params: [hex, address] })));
    say('Signed: the signature is filled in below.');
  });
  return (
    <>
      <Button onClick={() => void sign.run()} busy={sign.busy}>
        <Icon name="key" size={18} />
        Sign with the wallet of this browser
      </Button>
      <p role="status">{sign.error ? 'The wallet did not sign.' : said}</p>
    </>
  );
}
