import type { ComponentChildren, VNode } from 'preact';
import type { Pool } from '../api/types';
import { count, difficulty, percent, scaled } from '../format/units';
import { coinName, networkName } from '../parts/pool-gate';
import { usePool, useStats } from '../pools';
import { Ago, Badge, Coins, Empty, Failed, Page, Rate, Skeleton } from '../ui';

export default function Pools(): VNode {
  const { pools, answer } = usePool();
  return (
    <Page title="Pools" lead="Each coin has its own pool, ledger and wallet. One address of that coin is all it takes.">
      {!pools && answer.error ? <Failed error={answer.error} retry={answer.reload} /> : null}
      {pools?.length === 0 ? <Empty title="No pool is configured">Pools are set in viddhana.yaml.</Empty> : null}
      <div class="pool-cards">
        {pools ? (
          pools.map(p => <PoolCard key={p.id} pool={p} />)
        ) : (
          <div class="panel pool-card">
            <Skeleton lines={8} />
          </div>
        )}
      </div>
    </Page>
  );
}

function PoolCard({ pool }: { pool: Pool }): VNode {
  const { data: s } = useStats(pool.id);
  const rate = s && scaled(s.hashrate, 'H/s');
  return (
    <section class="panel pool-card" aria-labelledby={`pool-${pool.id}`}>
      <header class="pool-card-head">
        <h2 id={`pool-${pool.id}`}>
          <a href={`/pools/${pool.id}?pool=${pool.id}`}>
            {coinName(pool)}
            {networkName(pool)}
          </a>
        </h2>
        <Badge tone="info">{pool.algorithm}</Badge>
        <Badge>{pool.scheme.toUpperCase()}</Badge>
        <Badge>fee {pool.feePercent} %</Badge>
      </header>
      <p class="pool-card-rate num">
        {rate ? (
          <>
            {rate.value} <span class="unit">{rate.unit}</span>
          </>
        ) : (
          <span class="bone bone-value" />
        )}
      </p>
      <dl class="pool-card-facts">
        <Fact name="Miners">{s ? `${count(s.miners)} · ${count(s.workers)} workers` : '–'}</Fact>
        <Fact name="Share of network">
          {s && s.network.hashrate > 0 ? percent(s.hashrate / s.network.hashrate, 3) : '–'}
        </Fact>
        <Fact name="Network">{s ? <Rate of={s.network.hashrate} /> : '–'}</Fact>
        <Fact name="Difficulty">{s ? difficulty(s.network.difficulty) : '–'}</Fact>
        <Fact name="Blocks">
          {s ? `${count(s.blocks.immature + s.blocks.confirmed)}, ${count(s.blocks.immature)} maturing` : '–'}
        </Fact>
        <Fact name="Last block">{s ? <Ago time={s.lastBlockTime} none="none yet" /> : '–'}</Fact>
        <Fact name="Round">{s ? percent(s.effort, 0) : '–'}</Fact>
        <Fact name="Paid">
          <Coins of={s?.paid} symbol={pool.symbol} />
        </Fact>
      </dl>
      <footer class="row">
        <a class="button button-primary" href={`/connect?pool=${pool.id}`}>
          Connect
        </a>
        <a class="button button-plain" href={`/pools/${pool.id}?pool=${pool.id}`}>
          Statistics<span class="sr"> of {pool.id}</span>
        </a>
      </footer>
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }): VNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="num">{children}</dd>
    </div>
  );
}
