import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { useApi } from '../api/use';
import type { Block, List, Pool, Stats } from '../api/types';
import { duration } from '../format/time';
import { count, difficulty, percent, scaled, shortCoins } from '../format/units';
import { BlockState } from '../parts/block-state';
import { Effort, effortTone } from '../parts/effort';
import { Feed } from '../parts/feed';
import { coinName, networkName, PoolGate } from '../parts/pool-gate';
import { RatePanel } from '../parts/rate-panel';
import { stratumUrl, usePorts } from '../parts/ports';
import { useStats } from '../pools';
import { navigate } from '../router';
import { Ago, Button, ButtonLink, Coins, Copy, Icon, Page, Panel, Table, Tile, Tiles, type Column } from '../ui';

export default function Home(): VNode {
  return <PoolGate>{pool => <HomeOf pool={pool} />}</PoolGate>;
}

function HomeOf({ pool }: { pool: Pool | undefined }): VNode {
  const { data: stats } = useStats(pool?.id);
  return (
    <Page title={pool ? `${coinName(pool)} pool${networkName(pool)}` : 'Mining pool'} lead={<Terms pool={pool} />}>
      <Hero pool={pool} stats={stats} />
      <Ticker stats={stats} />
      <div class="columns">
        <RatePanel path={pool ? `/pools/${pool.id}/hashrate` : null} name={pool?.id ?? ''} />
        <Panel title="Happening now" class="feed-panel">
          <Feed pool={pool} />
        </Panel>
      </div>
      <div class="columns">
        <LatestBlocks pool={pool} />
        <NextSteps pool={pool} />
      </div>
    </Page>
  );
}

function Terms({ pool }: { pool: Pool | undefined }): VNode {
  // Holds the lines that the words will take.
  if (!pool)
    return (
      <span class="guess">PPLNS, fee 1 %, pays from 0.005 BTC. No account needed: your address is your login.</span>
    );
  const pays = pool.payoutsEnabled
    ? `pays from ${Number(pool.payoutThreshold.decimal)} ${pool.symbol}`
    : 'payouts are off';
  return (
    <>{`${pool.scheme.toUpperCase()}, fee ${pool.feePercent} %, ${pays}. No account needed: your address is your login.`}</>
  );
}

/** The pool's pulse, and the two things that people come for. */
function Hero({ pool, stats }: { pool: Pool | undefined; stats: Stats | undefined }): VNode {
  const figure = stats && scaled(stats.hashrate, 'H/s');
  const error = stats?.hashrateErrors?.['5m'];
  return (
    <section class="hero panel" aria-label="Now">
      <div class="hero-rate">
        <p class="hero-label">
          Pool hash rate <span class="quiet">5 min{error ? ` · ± ${percent(error)}` : ''}</span>
        </p>
        <p class="hero-figure num" aria-live="off">
          {figure ? (
            <>
              {figure.value}
              <span class="hero-unit"> {figure.unit}</span>
            </>
          ) : (
            <span class="bone bone-hero" />
          )}
        </p>
        <Windows stats={stats} />
      </div>
      <div class="hero-do">
        <Lookup pool={pool} />
        <div class="row">
          <ButtonLink href="/connect" tone="primary">
            <Icon name="plug" size={18} />
            Connect a miner
          </ButtonLink>
          <ButtonLink href={pool ? `/pools/${pool.id}` : '/pools'}>Statistics</ButtonLink>
        </div>
      </div>
    </section>
  );
}

function Windows({ stats }: { stats: Stats | undefined }): VNode {
  return (
    <dl class="windows">
      {['1m', '15m', '1h', '1d', '7d'].map(name => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class="num">{stats ? short2(stats.hashrates[name] ?? 0) : '–'}</dd>
        </div>
      ))}
    </dl>
  );
}

const short2 = (value: number): string => {
  const { value: digits, unit } = scaled(value, 'H/s');
  return `${digits} ${unit}`;
};

/** To the page of an address. */
function Lookup({ pool }: { pool: Pool | undefined }): VNode {
  const [address, setAddress] = useState('');
  const open = (event: Event): void => {
    event.preventDefault();
    // What people paste is often the whole user name: the rig's name is behind the dot.
    const name = address.trim().split('.')[0] ?? '';
    if (name) navigate(`/miners/${encodeURIComponent(name)}${pool ? `?pool=${pool.id}` : ''}`);
  };
  return (
    <form class="lookup" onSubmit={open} role="search">
      <label for="lookup">Your miner</label>
      <div class="lookup-row">
        <input
          id="lookup"
          class="input mono"
          placeholder="your payout address"
          value={address}
          maxLength={191}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          onInput={event => setAddress(event.currentTarget.value)}
        />
        <Button type="submit" aria-label="Show this miner">
          <Icon name="search" size={18} />
        </Button>
      </div>
    </form>
  );
}

function Ticker({ stats }: { stats: Stats | undefined }): VNode {
  const s = stats;
  const due = s?.secondsToBlock;
  return (
    <Tiles label="Figures">
      <Tile label="Miners" value={s && count(s.miners)} note={s && `${count(s.workers)} workers now`} />
      <Tile
        label="This round"
        value={s && percent(s.effort, 0)}
        tone={s ? (effortTone(s.effort) as 'good' | 'warn' | 'bad') : undefined}
        note={due ? `a block each ${duration(due)}` : 'of the work of a block'}
      />
      <Tile
        label="Last block"
        value={s && <Ago time={s.lastBlockTime} none="none yet" />}
        note={s && `${count(s.blocks.immature + s.blocks.confirmed)} in all`}
      />
      <Tile
        label="Network"
        value={s && scaled(s.network.hashrate, '').value}
        unit={s && scaled(s.network.hashrate, 'H/s').unit}
        note={s && `difficulty ${difficulty(s.network.difficulty)}`}
      />
      <Tile
        label="Height"
        value={s && count(s.network.height)}
        note={s?.sharesPerSecond ? `${s.sharesPerSecond.toFixed(1)} shares/s` : 'worked on now'}
      />
      <Tile
        label="Paid"
        value={s && <Coins of={s.paid} symbol={s.symbol} short />}
        note={s && `${shortCoins(s.balances.immature.decimal)} maturing`}
      />
    </Tiles>
  );
}

const columns = (pool: Pool | undefined): Column<Block>[] => [
  {
    key: 'height',
    name: 'Height',
    cell: b => (
      <a href={`/blocks?block=${b.hash}${pool ? `&pool=${pool.id}` : ''}`} class="num">
        {count(b.height)}
      </a>
    ),
  },
  { key: 'time', name: 'Found', cell: b => <Ago time={b.time} /> },
  { key: 'state', name: 'State', cell: b => <BlockState block={b} maturity={pool?.coinbaseMaturity ?? 100} /> },
  { key: 'effort', name: 'Effort', align: 'end', cell: b => <Effort of={b.effort} /> },
  {
    key: 'reward',
    name: 'Reward',
    align: 'end',
    hide: 'phone',
    cell: b => <Coins of={b.reward} symbol={pool?.symbol} />,
  },
];

function LatestBlocks({ pool }: { pool: Pool | undefined }): VNode {
  const blocks = useApi<List<Block>>(pool ? `/pools/${pool.id}/blocks?limit=6` : null, {
    on: ['block'],
    pool: pool?.id,
    every: 30,
  });
  return (
    <Panel title="Latest blocks" class="latest" actions={<a href="/blocks">All blocks</a>}>
      <Table
        caption="Latest blocks"
        columns={columns(pool)}
        rows={blocks.data?.items}
        id={b => b.hash}
        skeletonRows={6}
        empty="No block yet. The first one will show up here by itself."
      />
    </Panel>
  );
}

function NextSteps({ pool }: { pool: Pool | undefined }): VNode {
  const { ports } = usePorts(pool);
  const port = ports?.[0];
  const url = port ? stratumUrl(port) : '';
  return (
    <Panel title="What to do next" class="steps-panel">
      <ol class="steps">
        <li>
          <h3>Point your miner here</h3>
          <p class="step-url">
            <code>{url || '…'}</code>
            {url ? <Copy text={url} label="Copy the address" /> : null}
          </p>
        </li>
        <li>
          <h3>Your address is the user name</h3>
          <p class="quiet">
            User <code>ADDRESS.RIG</code>, password <code>x</code>. The <a href="/connect">connect guide</a> writes it
            for your device.
          </p>
        </li>
        <li>
          <h3>Watch it, and get paid</h3>
          <p class="quiet">
            {pool ? `Rewards mature after ${pool.coinbaseMaturity} blocks` : 'Rewards mature'} and go out by themselves
            {pool ? ` from ${Number(pool.payoutThreshold.decimal)} ${pool.symbol}` : ''}.
          </p>
        </li>
      </ol>
    </Panel>
  );
}
