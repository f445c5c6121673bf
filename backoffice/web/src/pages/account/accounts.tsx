// What belongs to this login: its addresses, and the stratum names that it made.
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Account, Items } from '../../api/account';
import { api } from '../../api/client';
import type { KnownMiner } from '../../api/miner';
import { useSession } from '../../api/session';
import { useApi } from '../../api/use';
import { count } from '../../format/units';
import {
  Ago,
  Badge,
  Button,
  ButtonLink,
  Dialog,
  Empty,
  Field,
  Form,
  Hash,
  Icon,
  Loaded,
  Panel,
  Rate,
  Skeleton,
  TextInput,
  toast,
  type Item,
  Segmented,
} from '../../ui';
import { useAction } from '../parts/action';
import { useAsk } from '../parts/ask';
import { AccountPage, forOwner } from '../parts/side';
import { WalletProof } from '../parts/wallet-proof';

function Accounts(): VNode {
  const accounts = useApi<Items<Account>>('/me/accounts', { every: 0 });
  const [isAdding, setAdding] = useState(false);
  return (
    <AccountPage
      title="My accounts"
      lead="Every address and stratum name that is yours."
      actions={
        <Button tone="primary" onClick={() => setAdding(true)}>
          <Icon name="plus" size={18} />
          Add
        </Button>
      }
    >
      <Loaded
        of={accounts}
        skeleton={<Skeleton lines={8} />}
        empty={[a => a.items.length === 0, <NoneYet onAdd={() => setAdding(true)} />]}
      >
        {list => (
          <div class="cards">
            {list.items.map(account => (
              <Card key={account.name} of={account} onGone={accounts.reload} />
            ))}
          </div>
        )}
      </Loaded>
      <Add
        open={isAdding}
        onClose={() => setAdding(false)}
        onAdded={() => {
          setAdding(false);
          accounts.reload();
        }}
      />
    </AccountPage>
  );
}

const NoneYet = ({ onAdd }: { onAdd: () => void }): VNode => (
  <Panel>
    <Empty title="No account yet" icon="user">
      <p>Prove that an address is yours, or make a stratum name to mine under.</p>
      <p>
        <Button tone="primary" onClick={onAdd}>
          Add one
        </Button>
      </p>
    </Empty>
  </Panel>
);

function Card({ of, onGone }: { of: Account; onGone: () => void }): VNode {
  const known = useApi<KnownMiner>(`/miners/${encodeURIComponent(of.name)}`, { every: 60, always: 60 });
  const [ask, question] = useAsk();
  const pools = known.data?.pools ?? [];
  const forget = (): void =>
    ask({
      title: 'Give up this address?',
      act: 'Give it up',
      danger: true,
      done: 'The address is no longer part of this login.',
      says: (
        <>
          <p>
            <Hash value={of.name} copy={false} head={14} tail={8} /> leaves this login. Its balance, its workers and its
            payouts go on as before; labels, alerts and settings can no longer be changed from here.
          </p>
          <p>You can add it again by a signature.</p>
        </>
      ),
      run: async () => {
        await api.delete(`/me/accounts/${encodeURIComponent(of.name)}`);
        onGone();
      },
    });
  return (
    <Panel class="card">
      <div class="card-head">
        {of.isAddress ? <Hash value={of.name} head={12} tail={8} /> : <b class="mono">{of.name}</b>}
        <Badge tone={of.isAddress ? 'info' : 'good'}>{of.isAddress ? 'address' : 'stratum name'}</Badge>
      </div>
      {known.data === undefined && !known.error ? (
        <Skeleton lines={3} />
      ) : pools.length === 0 ? (
        <p class="quiet">
          No share yet. <a href="/connect">Connect a miner</a>
        </p>
      ) : (
        <ul class="card-pools">
          {pools.map(p => (
            <li key={p.pool}>
              <b>{p.symbol}</b>
              <Rate of={p.miner.hashrate} />
              <span class="quiet">{count(p.miner.workers)} workers</span>
              <Ago time={p.miner.lastShare} />
            </li>
          ))}
        </ul>
      )}
      <div class="card-foot">
        <ButtonLink href={`/miners/${encodeURIComponent(of.name)}`}>Open</ButtonLink>
        <ButtonLink href={`/account/workers?account=${encodeURIComponent(of.name)}`}>Workers</ButtonLink>
        {of.isAddress && (
          <Button tone="ghost" onClick={forget}>
            Give up…
          </Button>
        )}
      </div>
      {question}
    </Panel>
  );
}

const ways: Item[] = [
  { id: 'address', name: 'An address of mine' },
  { id: 'name', name: 'A stratum name' },
];

function Add({ open, onClose, onAdded }: { open: boolean; onClose: () => void; onAdded: () => void }): VNode {
  const { me } = useSession();
  const canName = me?.kind !== 'wallet';
  const [way, setWay] = useState('address');
  return (
    <Dialog open={open} title="Add an account" onClose={onClose}>
      {canName && <Segmented label="What to add" items={ways} selected={way} onSelect={setWay} />}
      {way === 'address' ? <AddAddress onAdded={onAdded} /> : <AddName onAdded={onAdded} />}
    </Dialog>
  );
}

function AddAddress({ onAdded }: { onAdded: () => void }): VNode {
  const [address, setAddress] = useState('');
  const [signer, setSigner] = useState<string>();
  if (signer) {
    return (
      <WalletProof
        address={signer}
        purpose="claim"
        act="Add this address"
        onBack={() => setSigner(undefined)}
        onAnswer={async ({ challengeId, signature }) => {
          await api.post('/me/accounts', { challengeId, signature });
          toast('The address is yours here now.', 'good');
          onAdded();
        }}
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
      <Field label="Address" hint="You prove by a signature that it is yours. No coins move.">
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

const nameForm = /^[a-z0-9]{3,32}$/;

function AddName({ onAdded }: { onAdded: () => void }): VNode {
  const [name, setName] = useState('');
  const make = useAction(async () => {
    await api.post('/me/accounts', { name });
    toast(`You can mine as ${name} now.`, 'good');
    onAdded();
  });
  return (
    <Form onSubmit={() => void make.run()} busy={make.busy} error={make.error} label="Make a name">
      <Field
        label="Stratum name"
        hint="3 to 32 small letters and digits. Miners use it as the user name: name.worker. It cannot be changed later."
        error={name && !nameForm.test(name) ? 'Only small letters and digits, 3 to 32 of them.' : undefined}
      >
        <TextInput value={name} onInput={text => setName(text.toLowerCase())} maxLength={32} class="mono" required />
      </Field>
      <div class="form-actions">
        <Button type="submit" tone="primary" busy={make.busy} disabled={!nameForm.test(name)}>
          Make it
        </Button>
      </div>
    </Form>
  );
}

export default forOwner('My accounts', Accounts);
