import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';
import { useApi } from '../api/use';
import type { Block, List, Payout, Pool } from '../api/types';
import { count, difficulty, middle, percent, shortCoins } from '../format/units';
import { useLive, type LiveEvent } from '../live/live';
import { Ago, Empty, Icon, Skeleton, type IconName } from '../ui';

/** A thing that happened. Its key is of what it is about, so that a later word on it replaces the earlier. */
interface News {
  key: string;
  time: string;
  icon: IconName;
  tone: 'good' | 'info' | 'bad' | 'quiet';
  text: ComponentChildren;
}

const newsMax = 14;
const heightsMax = 4;

function ofBlock(block: Block, pool: Pool): News {
  const who = middle(block.finder, 6, 4);
  const base = { key: `block-${block.hash}`, time: block.time, icon: 'cube' as const };
  if (block.state === 'orphaned')
    return {
      ...base,
      tone: 'bad',
      text: (
        <>
          Block <b>{count(block.height)}</b> was orphaned
        </>
      ),
    };
  return {
    ...base,
    tone: 'good',
    text: (
      <>
        Block <b>{count(block.height)}</b> by {who}, {shortCoins(block.reward.decimal)} {pool.symbol}, effort{' '}
        {percent(block.effort, 0)}
      </>
    ),
  };
}

const ofPayout = (payout: Payout, pool: Pool): News => ({
  key: `payout-${payout.id}`,
  time: payout.time,
  icon: 'coins',
  tone: payout.state === 'failed' ? 'bad' : 'info',
  text: (
    <>
      Payout of{' '}
      <b>
        {shortCoins(payout.total.decimal)} {pool.symbol}
      </b>{' '}
      to {count(payout.lines)} {payout.lines === 1 ? 'miner' : 'miners'}, {payout.state}
    </>
  ),
});

function ofEvent(event: LiveEvent, pool: Pool): News | null {
  switch (event.kind) {
    case 'block':
      return ofBlock(event['block'] as Block, pool);
    case 'payout':
      return ofPayout(event['payout'] as Payout, pool);
    case 'height': {
      const height = event['height'] as number;
      return {
        key: `height-${height}`,
        time: event.time,
        icon: 'layers',
        tone: 'quiet',
        text: (
          <>
            New work at height <b>{count(height)}</b>
          </>
        ),
      };
    }
    case 'best': {
      const best = difficulty(event['difficulty'] as number);
      return {
        key: `best-${event.time}`,
        time: event.time,
        icon: 'star',
        tone: 'info',
        text: (
          <>
            Best share ever: <b>{best}</b>
          </>
        ),
      };
    }
    default:
      return null;
  }
}

/** Newest first, one per key, and not too many heights. */
function tidy(news: News[]): News[] {
  const seen = new Set<string>();
  let heights = 0;
  return news
    .sort((a, b) => Date.parse(b.time) - Date.parse(a.time))
    .filter(n => !seen.has(n.key) && seen.add(n.key) && (!n.key.startsWith('height') || heights++ < heightsMax))
    .slice(0, newsMax);
}

/** What has happened in a pool, and what happens while one looks. */
export function Feed({ pool }: { pool: Pool | undefined }): VNode {
  return pool ? (
    <FeedOf key={pool.id} pool={pool} />
  ) : (
    <div class="feed">
      <Skeleton lines={7} tall />
    </div>
  );
}

function FeedOf({ pool }: { pool: Pool }): VNode {
  const blocks = useApi<List<Block>>(`/pools/${pool.id}/blocks?limit=6`, { on: ['block'], pool: pool.id });
  const payouts = useApi<List<Payout>>(`/pools/${pool.id}/payouts?limit=4`, { on: ['payout'], pool: pool.id });
  const [told, tell] = useState<News[]>([]);
  useLive(['block', 'payout', 'height', 'best'], event => {
    const news = event.pool === pool.id ? ofEvent(event, pool) : null;
    if (news) tell(before => tidy([news, ...before]));
  });
  if (!blocks.data || !payouts.data)
    return (
      <div class="feed">
        <Skeleton lines={7} tall />
      </div>
    );
  const news = tidy([
    ...told,
    ...blocks.data.items.map(b => ofBlock(b, pool)),
    ...payouts.data.items.map(p => ofPayout(p, pool)),
  ]);
  if (news.length === 0)
    return (
      <div class="feed">
        <Empty title="Quiet so far" icon="pulse">
          Blocks, payouts and new work show up here as they happen.
        </Empty>
      </div>
    );
  return (
    <ul class="feed" aria-label="Newest first" tabIndex={0}>
      {news.map(n => (
        <li key={n.key} class={`news news-${n.tone}`}>
          <span class="news-icon">
            <Icon name={n.icon} size={17} />
          </span>
          <span class="news-text">{n.text}</span>
          <span class="news-time">
            <Ago time={n.time} />
          </span>
        </li>
      ))}
    </ul>
  );
}
