import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Pool, StratumPort } from '../api/types';
import { addressProblem } from '../format/address';
import { coinName, networkName, PoolGate } from '../parts/pool-gate';
import { portHost, stratumUrl, usePorts } from '../parts/ports';
import { usePool } from '../pools';
import {
  ButtonLink,
  Copy,
  Empty,
  Facts,
  Field,
  Hash,
  Icon,
  NumberInput,
  Page,
  Panel,
  Segmented,
  Select,
  Skeleton,
  Switch,
  TextInput,
} from '../ui';
import { Qr } from '../ui/qr';
import { devicesFor, type Choice, type Device } from './guide/devices';

export default function Connect(): VNode {
  return <PoolGate>{pool => <ConnectTo key={pool?.id ?? ''} pool={pool} />}</PoolGate>;
}

const modes = [
  { id: 'auto', name: 'By itself' },
  { id: 'd', name: 'Start at' },
  { id: 'md', name: 'At least' },
  { id: 'fd', name: 'Fixed' },
];

interface Draft {
  address: string;
  rig: string;
  device: string;
  port: string;
  tls: boolean;
  mode: string;
  difficulty: string;
}

/** An exact decimal above nought, as the engine reads it; null for a good one. */
function difficultyProblem(text: string): string | null {
  if (!/^\d{1,15}(\.\d{1,10})?$/.test(text.trim())) return 'A decimal number such as 1024 or 0.001.';
  return Number(text) >= 1e-10 ? null : 'It must be at least 0.0000000001.';
}

function rigProblem(text: string, device: Device): string | null {
  if (/[\s,]/.test(text)) return 'No spaces and no commas.';
  return device.refuses?.test(text) ? 'This device cannot send " or \\.' : null;
}

function ConnectTo({ pool }: { pool: Pool | undefined }): VNode {
  const { ports } = usePorts(pool);
  const [draft, setDraft] = useState<Draft>({
    address: '',
    rig: 'rig1',
    device: '',
    port: '',
    tls: false,
    mode: 'auto',
    difficulty: '',
  });
  const title = pool ? `Connect to ${coinName(pool)}${networkName(pool)}` : 'Connect';
  const lead = 'Say what you have; this page writes what to type into it. Nothing is sent anywhere.';
  if (!pool || !ports)
    return (
      <Page title={title} lead={lead}>
        <div class="columns">
          <Panel title="Your miner" class="guide-form">
            <Skeleton lines={9} tall />
          </Panel>
          <Panel title="What to type" class="guide-result">
            <Skeleton lines={7} tall />
          </Panel>
        </div>
      </Page>
    );
  const choices = devicesFor(pool.algorithm);
  const device = choices.find(d => d.id === draft.device) ?? choices[0]!;
  const port = ports.find(p => `${p.port}` === draft.port) ?? ports[0];
  const put = (values: Partial<Draft>): void => setDraft({ ...draft, ...values });
  if (!port)
    return (
      <Page title={title} lead={lead}>
        <Panel>
          <Empty title="No port is open to the public" icon="plug" />
        </Panel>
      </Page>
    );
  return (
    <Page title={title} lead={lead}>
      <div class="columns guide">
        <Panel title="Your miner" class="guide-form">
          <Questions pool={pool} ports={ports} port={port} choices={choices} device={device} draft={draft} put={put} />
        </Panel>
        <Result pool={pool} port={port} device={device} draft={draft} />
      </div>
      <Help />
    </Page>
  );
}

interface QuestionsProps {
  pool: Pool;
  ports: StratumPort[];
  port: StratumPort;
  choices: Device[];
  device: Device;
  draft: Draft;
  put: (values: Partial<Draft>) => void;
}

function Questions({ pool, ports, port, choices, device, draft, put }: QuestionsProps): VNode {
  const { pools, select } = usePool();
  const wrongAddress = draft.address ? addressProblem(draft.address, pool.addressForms) : null;
  const starts = pool.addressForms?.bech32;
  return (
    <div class="form">
      {pools && pools.length > 1 ? (
        <Field label="Coin">
          <Select
            value={pool.id}
            onInput={select}
            options={pools.map(p => ({ value: p.id, name: `${coinName(p)} (${p.id})` }))}
          />
        </Field>
      ) : null}
      <Field label="Device or program">
        <Select
          value={device.id}
          onInput={id => put({ device: id })}
          options={choices.map(d => ({ value: d.id, name: d.name }))}
        />
      </Field>
      <Field
        label="Your payout address"
        error={wrongAddress ?? undefined}
        hint={
          draft.address && !wrongAddress ? (
            <span class="good-text">
              <Icon name="check" size={15} /> A valid {coinName(pool)}
              {networkName(pool)} address
            </span>
          ) : (
            `Where you are paid${starts ? `, for example ${starts}1q…` : ''}. It is checked here, in your browser.`
          )
        }
      >
        <TextInput
          value={draft.address}
          onInput={address => put({ address: address.trim() })}
          class="mono"
          maxLength={110}
        />
      </Field>
      <div class="form-pair">
        <Field label="Name of the rig" optional error={rigProblem(draft.rig, device) ?? undefined}>
          <TextInput value={draft.rig} onInput={rig => put({ rig })} maxLength={64} />
        </Field>
        <Field label="Port">
          <Select
            value={`${port.port}`}
            onInput={id => put({ port: id })}
            options={ports.map(p => ({ value: `${p.port}`, name: portName(p) }))}
          />
        </Field>
      </div>
      {port.tls === 'auto' ? (
        <Switch
          label="Encrypt with TLS"
          checked={draft.tls}
          onInput={tls => put({ tls })}
          hint="This port takes both"
        />
      ) : null}
      <div class="field">
        <span class="field-label" id="mode-label">
          Difficulty
        </span>
        <Segmented label="Difficulty" items={modes} selected={draft.mode} onSelect={mode => put({ mode })} />
      </div>
      {draft.mode !== 'auto' ? (
        <Field
          label={draft.mode === 'd' ? 'Start at' : draft.mode === 'md' ? 'Never below' : 'Fixed at'}
          error={draft.difficulty ? (difficultyProblem(draft.difficulty) ?? undefined) : undefined}
          hint={
            port.difficulty.min && port.difficulty.max
              ? `This port allows ${port.difficulty.min} to ${port.difficulty.max}.`
              : 'Within what the port allows.'
          }
        >
          <NumberInput
            value={draft.difficulty}
            onInput={difficulty => put({ difficulty })}
            placeholder={port.difficulty.start}
          />
        </Field>
      ) : null}
    </div>
  );
}

const portName = (port: StratumPort): string =>
  `${port.port}${port.tls === 'on' ? ', TLS' : port.tls === 'auto' ? ', plain or TLS' : ''}, starts at ${port.difficulty.start}`;

/** What the questions come to, and what is wrong with that for this device. */
function compose(pool: Pool, port: StratumPort, device: Device, draft: Draft): { choice: Choice; problems: string[] } {
  const tls = port.tls === 'on' || (port.tls === 'auto' && draft.tls);
  const rig = rigProblem(draft.rig, device) ? '' : draft.rig.trim();
  const isFixed = draft.mode !== 'auto' && !!draft.difficulty && !difficultyProblem(draft.difficulty);
  const choice: Choice = {
    host: portHost(port),
    port: port.port,
    tls,
    url: stratumUrl(port, tls),
    user: `${draft.address || 'ADDRESS'}${rig ? `.${rig}` : ''}`,
    password: isFixed ? `${draft.mode}=${draft.difficulty.trim()}` : 'x',
    algorithm: pool.algorithm,
  };
  const problems: string[] = [];
  if (tls && !device.tls) problems.push(`${device.name} has not been seen to speak TLS: take a plain port.`);
  if (device.userMax && choice.user.length > device.userMax)
    problems.push(
      `The user has ${choice.user.length} characters, ${device.name} keeps ${device.userMax}: give the rig a shorter name.`,
    );
  if (device.passwordMax && choice.password.length > device.passwordMax)
    problems.push(`The password has ${choice.password.length} characters, ${device.name} keeps ${device.passwordMax}.`);
  if (device.isRental && port.difficulty.max && Number(port.difficulty.max) < 524_288 && pool.algorithm === 'sha256d')
    problems.push('This port does not reach the difficulty that rental services ask for: take another.');
  return { choice, problems };
}

function Result({ pool, port, device, draft }: { pool: Pool; port: StratumPort; device: Device; draft: Draft }): VNode {
  const { choice, problems } = compose(pool, port, device, draft);
  const isReady = !addressProblem(draft.address, pool.addressForms);
  return (
    <Panel title="What to type" hint={device.name} class="guide-result">
      {problems.map(p => (
        <p key={p} class="notice notice-warn">
          <Icon name="alert" size={18} />
          {p}
        </p>
      ))}
      {device.command ? <Command text={device.command(choice)} /> : null}
      {device.fields ? <Fields of={device.fields(choice)} /> : null}
      {device.note ? <p class="hint">{device.note}</p> : null}
      {choice.tls ? <Fingerprints port={port} /> : null}
      {isReady ? (
        <Ready pool={pool} choice={choice} address={draft.address} />
      ) : (
        <p class="notice">
          <Icon name="info" size={18} />
          Put in your address, and it stands in the right places.
        </p>
      )}
    </Panel>
  );
}

function Command({ text }: { text: string }): VNode {
  return (
    <div class="command">
      <pre tabIndex={0} aria-label="Command">
        {text}
      </pre>
      <Copy text={text} label="Copy the command" wide />
    </div>
  );
}

function Fields({ of }: { of: [name: string, value: string][] }): VNode {
  return (
    <dl class="typed">
      {of.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <code>{value}</code>
            <Copy text={value} label={`Copy ${name}`} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Fingerprints({ port }: { port: StratumPort }): VNode {
  if (!port.fingerprints?.length) return <p class="hint">TLS: the certificate is checked as your device does it.</p>;
  return (
    <div class="stack">
      <Facts
        of={port.fingerprints.map((f, i): [string, VNode] => [
          i === 0 ? 'Certificate, SHA-256' : 'or',
          <Hash value={f} head={10} tail={10} />,
        ])}
      />
      <p class="hint">Compare it with what your device shows, where the certificate is signed by nobody known.</p>
    </div>
  );
}

const codes = [
  { id: 'url', name: 'Pool' },
  { id: 'user', name: 'User' },
  { id: 'page', name: 'My page' },
];

/** To take it to another device. */
function Ready({ pool, choice, address }: { pool: Pool; choice: Choice; address: string }): VNode {
  const [code, setCode] = useState('url');
  const page = `/miners/${encodeURIComponent(address)}?pool=${pool.id}`;
  const text = code === 'url' ? choice.url : code === 'user' ? choice.user : location.origin + page;
  return (
    <div class="ready">
      <Qr text={text} label={`QR code: ${text}`} />
      <div class="stack">
        <Segmented label="What the code holds" items={codes} selected={code} onSelect={setCode} />
        <p class="mono ready-text">{text}</p>
        <div class="row">
          <ButtonLink href={page} tone="primary">
            My miner page
            <Icon name="arrow" size={18} />
          </ButtonLink>
        </div>
        <p class="hint">It fills as soon as the first share has come, mostly within a minute.</p>
      </div>
    </div>
  );
}

const answers: [string, string][] = [
  [
    'No share after five minutes?',
    'Look at the device’s log. “Invalid address”: it is of another coin or network. Nothing at all: host or port are not reached.',
  ],
  [
    'Many stale shares?',
    'Stale is work on a block that was just found by others. Below one percent is usual; above, the line to the pool is slow or drops out.',
  ],
  ['Which difficulty?', 'Leave it to the pool: it aims at a share every few seconds. Rental services want a high one.'],
  ['What is the rig’s name for?', 'To tell your devices apart on your page. All rigs of an address are paid together.'],
];

function Help(): VNode {
  return (
    <Panel title="When it does not work">
      <div class="answers">
        {answers.map(([question, answer]) => (
          <details key={question}>
            <summary>{question}</summary>
            <p>{answer}</p>
          </details>
        ))}
      </div>
    </Panel>
  );
}
