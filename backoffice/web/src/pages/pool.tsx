import type { VNode } from 'preact';
import { useApi, usePages } from '../api/use';
import type { Payout, Pool as PoolShape, ShareCounts, ShareSeries, Stats } from '../api/types';
import { duration } from '../format/time';
import { count, difficulty, exactRate, percent, rate, scaled } from '../format/units';
import { effortTone } from '../parts/effort';
import { coinName, networkName } from '../parts/pool-gate';
import { stratumUrl, usePorts } from '../parts/ports';
import { RatePanel } from '../parts/rate-panel';
import { usePool, useStats } from '../pools';
import type { PageProps } from '../router';
import {
  Ago,
  Badge,
  Bar,
  ButtonLink,
  Coins,
  Copy,
  Empty,
  Facts,
  Failed,
  Hash,
  Page,
  PagedTable,
  Panel,
  Skeleton,
  State,
  Table,
  Tile,
  Tiles,
  type Column,
  type Tone,
} from '../ui';

export default function PoolPage({ params }: PageProps): VNode {
  const { pools, answer } = usePool();
  const pool = pools?.find(p => p.id === params['pool']);
  if (!pools && answer.error)
    return (
      <Page title="Pool">
        <Failed error={answer.error} retry={answer.reload} />
      </Page>
    );
  if (pools && !pool)
    return (
      <Page title="No such pool">
        <Panel>
          <Empty title={`There is no pool “${params['pool']}”`}>
            <ButtonLink href="/pools">All pools</ButtonLink>
          </Empty>
        </Panel>
      </Page>
    );
  return <PoolOf id={params['pool']!} pool={pool} />;
}

function PoolOf({ id, pool }: { id: string; pool: PoolShape | undefined }): VNode {
  const stats = useStats(id);
  const s = stats.data;
  return (
    <Page
      title={pool ? `${coinName(pool)}${networkName(pool)}` : id}
      lead={pool ? `Pool ${pool.id} · ${pool.algorithm} · ${pool.scheme.toUpperCase()}` : '\u00a0'}
      actions={
        <ButtonLink href={`/connect?pool=${id}`} tone="primary">
          Connect
        </ButtonLink>
      }
    >
      <Overview s={s} />
      <RatePanel path={`/pools/${id}/hashrate`} name={id} />
      <div class="columns columns-even">
        <Windows s={s} />
        <Luck s={s} />
      </div>
      <div class="columns columns-even">
        <Shares id={id} />
        <Terms pool={pool} s={s} />
      </div>
      <Ports pool={pool} />
      <Payouts id={id} symbol={pool?.symbol} />
    </Page>
  );
}

function Overview({ s }: { s: Stats | undefined }): VNode {
  const now = s && scaled(s.hashrate, 'H/s');
  const net = s && scaled(s.network.hashrate, 'H/s');
  return (
    <Tiles label="Figures">
      <Tile
        label="Hash rate"
        tone="accent"
        value={now?.value}
        unit={now?.unit}
        title={s && exactRate(s.hashrate)}
        note={s && `${percent(s.hashrate / (s.network.hashrate || 1), 3)} of the network`}
      />
      <Tile
        label="Miners"
        value={s && count(s.miners)}
        note={
          s &&
          (s.workerStates
            ? `${s.workerStates.ok} ok, ${s.workerStates.low} low, ${s.workerStates.off} off`
            : `${count(s.workers)} workers`)
        }
      />
      <Tile
        label="This round"
        tone={s ? (effortTone(s.effort) as 'good' | 'warn' | 'bad') : undefined}
        value={s && percent(s.effort, 0)}
        note={s && (s.secondsToBlock ? `a block each ${duration(s.secondsToBlock)}` : 'of the work of a block')}
      />
      <Tile
        label="Blocks"
        value={s && count(s.blocks.immature + s.blocks.confirmed)}
        note={s && `${s.blocks.immature} maturing, ${s.blocks.orphaned} orphaned`}
      />
      <Tile
        label="Network"
        value={net?.value}
        unit={net?.unit}
        note={s && `difficulty ${difficulty(s.network.difficulty)}`}
      />
      <Tile
        label="Best share"
        value={s && (s.bestDifficulty ? difficulty(s.bestDifficulty) : '–')}
        note={s && (s.bestDifficultyToday ? `today ${difficulty(s.bestDifficultyToday)}` : 'of all time')}
      />
    </Tiles>
  );
}

/** Hash rates by window: the longer, the surer. */
function Windows({ s }: { s: Stats | undefined }): VNode {
  const most = s ? Math.max(...Object.values(s.hashrates), 1) : 1;
  const rows =
    s && Object.entries(s.hashrates).map(([name, value]) => ({ name, value, error: s.hashrateErrors?.[name] }));
  return (
    <Panel title="Hash rate by window" hint="± is the statistical error: shares come by chance">
      <Table
        caption="Hash rate by window"
        compact
        rows={rows}
        id={r => r.name}
        skeletonRows={7}
        columns={[
          { key: 'name', name: 'Window', cell: r => r.name },
          {
            key: 'value',
            name: 'Hash rate',
            align: 'end',
            cell: r => (
              <span class="num" title={exactRate(r.value)}>
                {rate(r.value)}
              </span>
            ),
          },
          {
            key: 'error',
            name: 'Error',
            align: 'end',
            cell: r => <span class="num quiet">{r.error ? `± ${percent(r.error)}` : '–'}</span>,
          },
          {
            key: 'bar',
            name: 'Compared',
            hide: 'phone',
            cell: r => (
              <span class="bar-cell">
                <Bar share={r.value / most} />
              </span>
            ),
          },
        ]}
      />
    </Panel>
  );
}

/** What chance explains is no bad luck. */
const luckTone = ({ luck, error }: { luck: number; error: number }): Tone =>
  luck >= 1 - error ? 'good' : luck >= 1 - 2 * error ? 'warn' : 'bad';

function Luck({ s }: { s: Stats | undefined }): VNode {
  return (
    <Panel title="Luck" hint="Work that blocks should have cost, over what they did: above 100 % is lucky">
      {s && !s.luck?.length ? (
        <Empty title="No block yet" icon="cube">
          Luck needs blocks to be measured on.
        </Empty>
      ) : (
        <Table
          caption="Luck over the newest blocks"
          compact
          rows={s?.luck}
          id={r => r.blocks}
          skeletonRows={3}
          columns={[
            { key: 'blocks', name: 'Blocks', cell: r => `last ${count(r.blocks)}` },
            {
              key: 'luck',
              name: 'Luck',
              align: 'end',
              cell: r => <Badge tone={luckTone(r)}>{percent(r.luck, 0)}</Badge>,
            },
            {
              key: 'error',
              name: 'Chance',
              align: 'end',
              cell: r => <span class="num quiet">± {percent(r.error, 0)}</span>,
            },
            { key: 'effort', name: 'Effort', align: 'end', cell: r => <span class="num">{percent(r.effort, 0)}</span> },
          ]}
        />
      )}
      <Facts
        of={[
          ['Round so far', s ? percent(s.effort, 1) : '–'],
          ['Last block', <Ago time={s?.lastBlockTime} none="none yet" />],
          ['Newest reward', <Coins of={s?.blockReward} symbol={s?.symbol} />],
        ]}
      />
    </Panel>
  );
}

const results: [key: keyof ShareCounts, name: string, tone: 'accent' | Tone][] = [
  ['valid', 'Accepted', 'accent'],
  ['stale', 'Stale', 'warn'],
  ['duplicate', 'Duplicate', 'bad'],
  ['lowdiff', 'Low difficulty', 'bad'],
  ['invalid', 'Invalid', 'bad'],
];

function Shares({ id }: { id: string }): VNode {
  const answer = useApi<ShareSeries>(`/pools/${id}/shares?period=1d`, { every: 60, always: 60 });
  const total = answer.data?.total;
  const all = total ? Object.values(total).reduce((sum, n) => sum + n, 0) : 0;
  return (
    <Panel title="Shares, one day" hint="By result">
      {!total && answer.error ? (
        <Failed error={answer.error} retry={answer.reload} />
      ) : !total ? (
        <Skeleton lines={5} />
      ) : (
        <dl class="results">
          {results.map(([key, name, tone]) => (
            <div key={key}>
              <dt>{name}</dt>
              <dd class="num">
                {count(total[key])} <span class="quiet">{all > 0 ? percent(total[key] / all, 2) : ''}</span>
              </dd>
              <dd class="results-bar">
                <Bar share={all > 0 ? total[key] / all : 0} tone={tone} />
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Panel>
  );
}

function Terms({ pool, s }: { pool: PoolShape | undefined; s: Stats | undefined }): VNode {
  return (
    <Panel title="Terms">
      {pool ? (
        <Facts
          of={[
            [
              'Scheme',
              pool.scheme === 'pplns'
                ? `PPLNS, window ${pool.pplnsWindow} × a block's work`
                : pool.scheme.toUpperCase(),
            ],
            ['Fee', `${pool.feePercent} %`],
            ['Payouts', pool.payoutsEnabled ? 'by themselves' : 'off'],
            ['Paid from', <Coins of={pool.payoutThreshold} symbol={pool.symbol} />],
            ['Maturity', `${pool.coinbaseMaturity} confirmations`],
            ['Owed now', <Coins of={s?.balances.confirmed} symbol={pool.symbol} />],
            ['Maturing', <Coins of={s?.balances.immature} symbol={pool.symbol} />],
            ['Block rewards go to', <Hash value={pool.address} />],
          ]}
        />
      ) : (
        <Skeleton lines={8} />
      )}
    </Panel>
  );
}

function Ports({ pool }: { pool: PoolShape | undefined }): VNode {
  const { ports } = usePorts(pool);
  return (
    <Panel title="Stratum ports">
      <Table
        caption="Stratum ports"
        rows={ports}
        id={p => p.port}
        skeletonRows={2}
        columns={[
          {
            key: 'url',
            name: 'Address',
            primary: true,
            cell: p => (
              <span class="hash">
                {stratumUrl(p)}
                <Copy text={stratumUrl(p)} label="Copy the address" />
              </span>
            ),
          },
          {
            key: 'tls',
            name: 'TLS',
            cell: p =>
              p.tls === 'off' ? (
                <Badge>plain</Badge>
              ) : (
                <Badge tone="good">{p.tls === 'on' ? 'TLS' : 'TLS or plain'}</Badge>
              ),
          },
          { key: 'start', name: 'Starts at', align: 'end', cell: p => <span class="num">{p.difficulty.start}</span> },
          { key: 'vardiff', name: 'Difficulty', cell: p => (p.difficulty.vardiff ? 'follows the miner' : 'fixed') },
        ]}
      />
    </Panel>
  );
}

function Payouts({ id, symbol }: { id: string; symbol: string | undefined }): VNode {
  const source = usePages<Payout>(`/pools/${id}/payouts`, { limit: 20, on: ['payout'], pool: id });
  const columns: Column<Payout>[] = [
    { key: 'time', name: 'Time', cell: p => <Ago time={p.time} /> },
    { key: 'state', name: 'State', cell: p => <State of={p.state} title={p.reason || undefined} /> },
    { key: 'total', name: 'Total', align: 'end', cell: p => <Coins of={p.total} symbol={symbol} /> },
    { key: 'lines', name: 'To', align: 'end', cell: p => `${count(p.lines)} ${p.lines === 1 ? 'miner' : 'miners'}` },
    { key: 'fee', name: 'Network fee', align: 'end', hide: 'phone', cell: p => <Coins of={p.fee} symbol={symbol} /> },
    {
      key: 'txid',
      name: 'Transaction',
      cell: p => (p.txid ? <Hash value={p.txid} link={p.explorer} /> : <span class="quiet">not sent yet</span>),
    },
  ];
  return (
    <Panel title="Payouts">
      <PagedTable
        caption="Payouts, newest first"
        columns={columns}
        source={source}
        id={p => p.id}
        empty={
          <Empty title="No payout yet" icon="coins">
            The first one goes out when somebody's balance reaches the threshold.
          </Empty>
        }
      />
    </Panel>
  );
}
