// Everything about one address, for anybody who knows it.
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useApi } from '../../api/use';
import type { KnownMiner, Miner, PayoutState } from '../../api/miner';
import { count, difficulty, rate, scaled } from '../../format/units';
import { date } from '../../format/time';
import { setQuery, type PageProps } from '../../router';
import { usePool } from '../../pools';
import type { Pool } from '../../api/types';
import { Ago, Button, ButtonLink, Empty, Failed, Hash, Icon, Page, Segmented, Skeleton, Tile, Tiles } from '../../ui';
import { Badges } from './badges';
import { Earnings, PayoutBanners } from './earnings';
import { History } from './history';
import { RatePanel } from './rates';
import { ResultsPanel } from './results';
import { Workers } from './workers';
import { remember, remembered } from '../parts/remembered';

export default function MinerPage({ params, query }: PageProps): VNode {
  const address = params['address'] ?? '';
  const known = useApi<KnownMiner>(`/miners/${encodeURIComponent(address)}`, { every: 0 });
  const { pools, pool: chosen } = usePool();
  const here = known.data?.pools ?? [];
  // The pool of the address bar if the miner is in it, else the one in which it works most.
  const best = [...here].sort((a, b) => b.miner.hashrate - a.miner.hashrate)[0]?.pool;
  const id = here.some(p => p.pool === query['pool'])
    ? query['pool']
    : here.some(p => p.pool === chosen?.id) && !best
      ? chosen?.id
      : best;
  const pool = pools?.find(p => p.id === id);
  if (known.error && !known.data)
    return known.error.status === 404 ? (
      <Unknown address={address} />
    ) : (
      <Page title="Miner">
        <Failed error={known.error} retry={known.reload} />
      </Page>
    );
  if (!known.data || !pool)
    return (
      <Page title="Miner" lead={<Hash value={address} head={14} tail={8} />}>
        <Skeleton lines={10} tall />
      </Page>
    );
  return (
    <Page
      wide
      title="Miner"
      lead={<Hash value={known.data.address} head={16} tail={10} />}
      actions={<Keep address={known.data.address} />}
    >
      {here.length > 1 && (
        <div>
          <Segmented
            label="Pool"
            items={here.map(p => ({ id: p.pool, name: `${p.symbol} · ${p.pool}` }))}
            selected={pool.id}
            onSelect={next => setQuery({ pool: next, w: null })}
          />
        </div>
      )}
      <Sheet key={pool.id} address={known.data.address} pool={pool} query={query} />
    </Page>
  );
}

const none = { ok: 0, low: 0, off: 0 };

function Sheet({ address, pool, query }: { address: string; pool: Pool; query: Record<string, string> }): VNode {
  const path = `/pools/${pool.id}/miners/${encodeURIComponent(address)}`;
  const miner = useApi<Miner>(path, { every: 30, always: 30, on: ['block', 'payout'], pool: pool.id });
  const payout = useApi<PayoutState>(`${path}/payout-state`, {
    every: 120,
    always: 120,
    on: ['payout'],
    pool: pool.id,
  });
  if (miner.error && !miner.data) return <Failed error={miner.error} retry={miner.reload} />;
  return (
    <>
      <PayoutBanners of={payout.data} />
      <Figures of={miner.data} />
      <div class="split">
        <RatePanel path={path} title="Hash rate" />
        <Earnings miner={miner.data} payout={payout} pool={pool} />
      </div>
      <Workers path={path} query={query} states={miner.data && (miner.data.workerStates ?? none)} />
      <div class="halves">
        <ResultsPanel of={miner.data?.results} path={path} />
        <Badges path={path} pool={pool} />
      </div>
      <History path={path} pool={pool} />
    </>
  );
}

/** "± 3 %", or nothing where it is not known. */
export const plusMinus = (error: number | null | undefined): string | undefined =>
  error === null || error === undefined
    ? undefined
    : `± ${error >= 0.1 ? Math.round(error * 100) : (error * 100).toFixed(1)} %`;

function Figures({ of }: { of: Miner | undefined }): VNode {
  const now = of && scaled(of.hashrate, 'H/s');
  const rateOf = (window: string): string | undefined => of && (of.hashrates ? rate(of.hashrates[window] ?? 0) : '–');
  const states = of?.workerStates;
  return (
    <Tiles label="Figures of this miner">
      <Tile
        label="Hash rate now"
        value={now?.value}
        unit={now?.unit}
        tone="accent"
        note={of && `5 minutes ${plusMinus(of.hashrateErrors?.['5m']) ?? ''}`}
      />
      <Tile label="One hour" value={rateOf('1h')} note={plusMinus(of?.hashrateErrors?.['1h'])} />
      <Tile label="One day" value={rateOf('1d')} note={plusMinus(of?.hashrateErrors?.['1d'])} />
      <Tile
        label="Workers"
        value={of && count(states?.ok !== undefined ? states.ok + states.low : of.workers)}
        tone={states && states.low + states.off > 0 ? 'warn' : 'good'}
        note={states ? `${count(states.low)} low · ${count(states.off)} off` : 'in the last ten minutes'}
      />
      <Tile
        label="Last share"
        value={of && <Ago time={of.lastShare} none="none" />}
        note={of?.firstSeen ? `here since ${date(of.firstSeen)}` : undefined}
      />
      <Tile
        label="Best difficulty"
        value={of && (of.bestDifficulty ? difficulty(of.bestDifficulty) : '–')}
        note={of?.bestDifficultyToday ? `today ${difficulty(of.bestDifficultyToday)}` : 'as your miner counts it'}
      />
    </Tiles>
  );
}

function Keep({ address }: { address: string }): VNode {
  const [isKept, set] = useState(false);
  useEffect(() => set(remembered().includes(address)), [address]);
  return (
    <Button
      aria-pressed={isKept ? 'true' : 'false'}
      class={isKept ? 'kept' : ''}
      onClick={() => {
        remember(address, !isKept);
        set(!isKept);
      }}
    >
      <Icon name="star" size={18} />
      {isKept ? 'Remembered' : 'Remember'}
    </Button>
  );
}

const Unknown = ({ address }: { address: string }): VNode => (
  <Page title="Miner" lead={<Hash value={address} head={16} tail={10} />}>
    <Empty title="No share of this address yet" icon="clock">
      <p>
        A miner shows up here seconds after its first accepted share. If yours runs already, look at its user name: it
        must be this address, then a dot and the worker's name.
      </p>
      <p class="row">
        <ButtonLink href="/connect" tone="primary">
          How to connect
        </ButtonLink>{' '}
        <ButtonLink href="/miners">Another address</ButtonLink>
      </p>
    </Empty>
  </Page>
);
