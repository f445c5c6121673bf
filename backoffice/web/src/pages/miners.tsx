// Finds a miner by its address; the ones looked at before are kept in this browser.
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { api, ApiError } from '../api/client';
import type { KnownMiner } from '../api/miner';
import { navigate } from '../router';
import { Button, ButtonLink, Empty, Field, Form, Hash, Icon, Page, Panel, TextInput } from '../ui';
import { useAction } from './parts/action';
import { remember, remembered } from './parts/remembered';

export default function Miners(): VNode {
  const [address, setAddress] = useState('');
  const [missing, setMissing] = useState<string>();
  const [known, setKnown] = useState(remembered);
  const find = useAction(async () => {
    const wanted = address.trim().split('.')[0] ?? '';
    if (!wanted) return setMissing('Type or paste an address, or the name of an account.');
    try {
      const found = await api.get<KnownMiner>(`/miners/${encodeURIComponent(wanted)}`);
      navigate(`/miners/${encodeURIComponent(found.address)}`);
    } catch (failure) {
      if (!(failure instanceof ApiError) || failure.status !== 404) throw failure;
      setMissing(
        'No miner of that name has sent a share here yet. A new miner shows up seconds after its first accepted share.',
      );
    }
  });
  return (
    <Page title="Your miner" lead="Hash rate, workers, balance and payments of any address. No login is needed.">
      <Panel>
        <Form onSubmit={() => void find.run()} busy={find.busy} error={find.error} label="Find a miner">
          <Field label="Address or account" hint="The user name of your miner, without the worker." error={missing}>
            <TextInput
              value={address}
              onInput={text => {
                setAddress(text);
                setMissing(undefined);
              }}
              maxLength={191}
              autocomplete="off"
              class="mono"
            />
          </Field>
          <div class="form-actions">
            <Button type="submit" tone="primary" busy={find.busy}>
              <Icon name="search" size={18} />
              Show
            </Button>
          </div>
        </Form>
      </Panel>
      <Panel title="Remembered in this browser">
        {known.length === 0 ? (
          <Empty title="None yet" icon="star">
            Press the star on a miner's page, and it is one tap away from here.
          </Empty>
        ) : (
          <ul class="remembered">
            {known.map(one => (
              <li key={one}>
                <Hash value={one} link={`/miners/${encodeURIComponent(one)}`} head={14} tail={8} />
                <Button tone="ghost" onClick={() => setKnown(remember(one, false))} aria-label={`Forget ${one}`}>
                  <Icon name="close" size={16} />
                </Button>
              </li>
            ))}
          </ul>
        )}
      </Panel>
      <p class="quiet">
        New here? <ButtonLink href="/connect">Connect a miner</ButtonLink>
      </p>
    </Page>
  );
}
