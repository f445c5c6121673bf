import type { VNode } from 'preact';
import { useApi } from '../../api/use';
import type { Achievements, Badge as Won } from '../../api/miner';
import type { Pool } from '../../api/types';
import { date, exact } from '../../format/time';
import { count, difficulty, percent } from '../../format/units';
import { Empty, Facts, Icon, Loaded, Panel, Skeleton, type IconName } from '../../ui';
import { Progress } from '../parts/bars';
import { Name } from '../parts/name';

const names: Record<string, { name: string; says: string; icon: IconName }> = {
  'first-share': { name: 'First share', says: 'the first accepted share', icon: 'check' },
  'first-block': { name: 'First block', says: 'found a block', icon: 'cube' },
  'first-payout': { name: 'First payout', says: 'coins have been sent', icon: 'coins' },
  'block-finder-10': { name: 'Ten blocks', says: 'found ten blocks', icon: 'cube' },
  'streak-7': { name: 'A week', says: 'seven days in a row', icon: 'clock' },
  'streak-30': { name: 'A month', says: 'thirty days in a row', icon: 'clock' },
  'streak-365': { name: 'A year', says: '365 days in a row', icon: 'clock' },
  'work-1e12': { name: 'A trillion', says: '10¹² hashes', icon: 'bolt' },
  'work-1e15': { name: 'A quadrillion', says: '10¹⁵ hashes', icon: 'bolt' },
  'work-1e18': { name: 'A quintillion', says: '10¹⁸ hashes', icon: 'bolt' },
  'work-1e21': { name: 'A sextillion', says: '10²¹ hashes', icon: 'bolt' },
  'best-million': { name: 'One in a million', says: 'a share of difficulty 10⁶', icon: 'star' },
  'best-billion': { name: 'One in a billion', says: 'a share of difficulty 10⁹', icon: 'star' },
  'best-trillion': { name: 'One in a trillion', says: 'a share of difficulty 10¹²', icon: 'star' },
  'best-of-day': { name: 'Best of the day', says: "the pool's best share of a day", icon: 'podium' },
  'best-ever': { name: 'Best ever', says: "the pool's best share of all time", icon: 'podium' },
  'near-block': { name: 'So close', says: "a tenth of a block's difficulty", icon: 'cube' },
};

/** What this miner has reached, and what is next. */
export function Badges({ path, pool }: { path: string; pool: Pool }): VNode {
  const found = useApi<Achievements>(`${path}/achievements`, {
    every: 300,
    always: 300,
    on: ['best', 'block'],
    pool: pool.id,
  });
  return (
    <Panel title="Achievements">
      {found.error?.status === 404 ? (
        <Empty title="Not told by this pool" icon="star" />
      ) : (
        <Loaded of={found} skeleton={<Skeleton lines={8} />}>
          {data => <Reached of={data} />}
        </Loaded>
      )}
    </Panel>
  );
}

function Reached({ of }: { of: Achievements }): VNode {
  const won = of.badges.filter(badge => badge.reached);
  const next = of.badges.filter(badge => !badge.reached).sort((a, b) => b.progress - a.progress);
  return (
    <>
      <Facts
        of={[
          [
            'Best share',
            of.bestShare ? (
              <>
                <b class="num">{difficulty(of.bestShare.difficulty)}</b> by <Name of={of.bestShare.worker} />{' '}
                <span class="quiet">
                  rank {count(of.bestShare.rank)} of {count(of.bestShare.of)}
                </span>
              </>
            ) : (
              <span class="quiet">none yet</span>
            ),
          ],
          [
            'Best today',
            of.bestShareToday ? (
              <b class="num">{difficulty(of.bestShareToday.difficulty)}</b>
            ) : (
              <span class="quiet">none yet</span>
            ),
          ],
          [
            'Streak',
            <>
              <b class="num">{count(of.streak.days)}</b> {of.streak.days === 1 ? 'day' : 'days'}{' '}
              <span class="quiet">longest {count(of.streak.longest)}</span>
            </>,
          ],
          [
            'Blocks found',
            <>
              <b class="num">{count(of.blocks.found)}</b>
              {of.blocks.last ? <span class="quiet"> last on {date(of.blocks.last)}</span> : null}
            </>,
          ],
        ]}
      />
      <ul class="badges" aria-label="Reached">
        {won.map(badge => (
          <Medal key={badge.code} of={badge} />
        ))}
      </ul>
      {next.length > 0 && (
        <>
          <h3>Next</h3>
          <ul class="badges next" aria-label="Not yet reached">
            {next.slice(0, 3).map(badge => (
              <Medal key={badge.code} of={badge} />
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function Medal({ of }: { of: Won }): VNode {
  const known = names[of.code] ?? { name: of.code.replaceAll('-', ' '), says: '', icon: 'star' as const };
  return (
    <li class={of.reached ? 'medal won' : 'medal'} title={of.time ? exact(of.time) : undefined}>
      <Icon name={known.icon} size={22} />
      <span class="medal-name">
        {known.name}
        <small>{of.reached && of.time ? date(of.time) : known.says}</small>
      </span>
      {!of.reached && (
        <span class="medal-progress">
          <Progress of={of.progress} label={known.name} tone="second" />
          <small class="num">{percent(of.progress, 0)}</small>
        </span>
      )}
    </li>
  );
}
