// Second factor, password, and where one is signed in.
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Items, Me, Session } from '../../api/account';
import { api } from '../../api/client';
import { session } from '../../api/session';
import { useApi } from '../../api/use';
import { Ago, Badge, Button, Field, Form, Icon, Loaded, Panel, Skeleton, TextInput, toast } from '../../ui';
import { useAction } from '../parts/action';
import { useAsk } from '../parts/ask';
import { Name } from '../parts/name';
import { Secret } from '../parts/secret';
import { AccountPage, forOwner } from '../parts/side';
import { NewPassword, weakness } from '../sign/new-password';
import { SecondFactorDialog, ShowCodes } from './second-factor';

function Security(): VNode {
  const me = useApi<Me>('/me', { every: 0 });
  return (
    <AccountPage title="Security" actions={<Button onClick={() => void session.signOut()}>Sign out</Button>}>
      <Loaded of={me} skeleton={<Skeleton lines={8} />}>
        {login => (
          <>
            <SecondFactor
              me={login}
              onChanged={() => {
                me.reload();
              }}
            />
            {login.kind !== 'wallet' && <Password needsCode={login.secondFactor} />}
          </>
        )}
      </Loaded>
      <Sessions />
    </AccountPage>
  );
}

function SecondFactor({ me, onChanged }: { me: Me; onChanged: () => void }): VNode {
  const [isSetting, setSetting] = useState(false);
  const [codes, setCodes] = useState<string[]>();
  const [ask, question] = useAsk();
  const changed = (isOn: boolean): void => {
    session.change({ secondFactor: isOn });
    onChanged();
  };
  const off = (): void =>
    ask({
      title: 'Switch the second factor off?',
      act: 'Switch it off',
      danger: true,
      code: true,
      done: 'The second factor is off.',
      says: (
        <p>
          Whoever has your {me.kind === 'wallet' ? 'wallet' : 'password'} can sign in then. Payout settings of stratum
          names cannot be changed without a second factor.
        </p>
      ),
      run: async (_, code) => {
        await api.delete('/me/totp', { code });
        changed(false);
      },
    });
  const renew = (): void =>
    ask({
      title: 'New backup codes?',
      act: 'Make new ones',
      code: true,
      says: <p>The old ones stop working at once.</p>,
      run: async (_, code) =>
        setCodes((await api.post<{ backupCodes: string[] }>('/me/totp/codes', { code })).backupCodes),
    });
  return (
    <Panel
      title="Second factor"
      actions={me.secondFactor ? <Badge tone="good">on</Badge> : <Badge tone="warn">off</Badge>}
    >
      <p>
        {me.secondFactor ? (
          <>
            Signing in asks for a code of your app. {me.backupCodesLeft} backup{' '}
            {me.backupCodesLeft === 1 ? 'code is' : 'codes are'} left.
          </>
        ) : (
          'A code of an app on your phone, asked for at each sign-in. A stolen password alone opens nothing then.'
        )}
      </p>
      <div class="form-actions start">
        {me.secondFactor ? (
          <>
            <Button onClick={renew}>New backup codes…</Button>
            <Button tone="danger" onClick={off}>
              Switch off…
            </Button>
          </>
        ) : (
          <Button tone="primary" onClick={() => setSetting(true)}>
            <Icon name="shield" size={18} />
            Set it up
          </Button>
        )}
      </div>
      {isSetting && (
        <SecondFactorDialog
          needsPassword={me.kind !== 'wallet'}
          onClose={() => setSetting(false)}
          onOn={found => {
            setSetting(false);
            setCodes(found);
            changed(true);
          }}
        />
      )}
      {codes && <ShowCodes codes={codes} onClose={() => setCodes(undefined)} />}
      {question}
    </Panel>
  );
}

function Password({ needsCode }: { needsCode: boolean }): VNode {
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const change = useAction(async () => {
    await api.put('/me/password', { current, password, ...(code.trim() && { code: code.trim() }) });
    toast('The new password is set; all other sessions have ended.', 'good');
    setCurrent('');
    setPassword('');
    setCode('');
  });
  return (
    <Panel title="Password">
      <div class="narrow-form">
        <Form onSubmit={() => void change.run()} busy={change.busy} error={change.error} label="Change the password">
          <Field label="Password now">
            <Secret value={current} onInput={setCurrent} autocomplete="current-password" />
          </Field>
          <NewPassword value={password} onInput={setPassword} label="New password" />
          {needsCode && (
            <Field label="Code of your second factor">
              <TextInput
                value={code}
                onInput={setCode}
                autocomplete="one-time-code"
                inputMode="numeric"
                maxLength={20}
              />
            </Field>
          )}
          <div class="form-actions start">
            <Button
              type="submit"
              tone="primary"
              busy={change.busy}
              disabled={!current || weakness(password) !== undefined}
            >
              Change the password
            </Button>
          </div>
        </Form>
      </div>
    </Panel>
  );
}

function Sessions(): VNode {
  const sessions = useApi<Items<Session>>('/me/sessions', { every: 0 });
  const [ask, question] = useAsk();
  const end = (one: Session): void =>
    ask({
      title: 'End this session?',
      act: 'End it',
      danger: true,
      done: 'The session has ended.',
      says: (
        <p>
          The browser at <Name of={one.address} /> must sign in again; what it shows now stays for 15 minutes at most.
        </p>
      ),
      run: async () => {
        await api.delete(`/me/sessions/${one.id}`);
        sessions.reload();
      },
    });
  const endOthers = (): void =>
    ask({
      title: 'End all other sessions?',
      act: 'End them',
      danger: true,
      done: 'All other sessions have ended.',
      says: <p>Every browser but this one must sign in again.</p>,
      run: async () => {
        await api.delete('/me/sessions');
        sessions.reload();
      },
    });
  return (
    <Panel
      title="Sessions"
      actions={(sessions.data?.items.length ?? 0) > 1 && <Button onClick={endOthers}>End all others…</Button>}
    >
      <Loaded of={sessions} skeleton={<Skeleton lines={4} />}>
        {list => (
          <ul class="rows">
            {list.items.map(one => (
              <li key={one.id} class="row-item">
                <div class="row-what">
                  <b>
                    <Name of={browserOf(one.userAgent)} none="Unknown program" />
                  </b>
                  <p class="quiet">
                    <span class="mono">{one.address}</span> · used <Ago time={one.lastUsedAt} /> · since{' '}
                    <Ago time={one.createdAt} />
                  </p>
                  <p class="quiet small agent">
                    <Name of={one.userAgent} none="" />
                  </p>
                </div>
                {one.current ? <Badge tone="good">this one</Badge> : <span />}
                <div class="row-acts">
                  {!one.current && (
                    <Button tone="ghost" onClick={() => end(one)}>
                      End…
                    </Button>
                  )}
                </div>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      {question}
    </Panel>
  );
}

/** A guess for the eye; the whole text stands below it. */
function browserOf(agent: string): string {
  const program = /(Edg|OPR|Firefox|Chrome|Safari|curl)[/ ]?(\d+)?/.exec(agent);
  const system = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(agent);
  const name = program?.[1] === 'Edg' ? 'Edge' : program?.[1] === 'OPR' ? 'Opera' : program?.[1];
  return name
    ? `${name}${program?.[2] ? ` ${program[2]}` : ''}${system ? ` on ${system[1]}` : ''}`
    : agent.slice(0, 40);
}

export default forOwner('Security', Security);
