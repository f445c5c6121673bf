import type { VNode } from 'preact';
import type { Miner, PayoutState } from '../../api/miner';
import type { Answer } from '../../api/use';
import type { Amount, Pool } from '../../api/types';
import { exact } from '../../format/time';
import { Ago, Coins, Facts, Hash, Icon, Panel, Skeleton, State } from '../../ui';
import { Progress } from '../parts/bars';
import { Soon } from '../parts/soon';

/** What stops or changes payouts is said before anything else. */
export function PayoutBanners({ of }: { of: PayoutState | undefined }): VNode | null {
  if (!of) return null;
  return (
    <>
      {of.frozen && (
        <p class="banner bad" role="status">
          <Icon name="lock" />
          <span>
            Payouts of this account are held by the pool's operator
            {of.frozenSince && (
              <>
                , since <Ago time={of.frozenSince} />
              </>
            )}
            . Its balance stays and grows. Ask the operator.
          </span>
        </p>
      )}
      {of.change && (
        <p class="banner warn" role="status">
          <Icon name="alert" />
          <span>
            The payout address changes from <b class="mono">{of.change.from}</b> to <b class="mono">{of.change.to}</b>{' '}
            on {exact(of.change.due)}. Not you? <a href="/account/payouts">Sign in and cancel it</a>.
          </span>
        </p>
      )}
      {of.paused && (
        <p class="banner" role="status">
          <Icon name="info" />
          <span>The owner has paused payouts of this account.</span>
        </p>
      )}
    </>
  );
}

const units = (amount: Amount): number => Number(amount.amount);

const saying: Record<string, string> = {
  collecting: 'Collecting until the threshold is reached',
  due: 'Reached: paid in the next round',
  'waits-for-approval': "Reached: waits for the operator's approval",
  frozen: 'Held by the operator',
  paused: 'Paused by the owner',
  'no-address': 'No payout address of this coin is known',
  manual: 'Paid when the owner asks for it',
  'in-payout': 'A payout is under way',
  'payouts-off': 'This pool makes no payouts',
};

/** Balance, threshold, and when the next payout is to be expected. */
export function Earnings({
  miner,
  payout,
  pool,
}: {
  miner: Miner | undefined;
  payout: Answer<PayoutState>;
  pool: Pool;
}): VNode {
  if (!miner)
    return (
      <Panel title="Balance">
        <Skeleton lines={8} />
      </Panel>
    );
  const state = payout.data;
  const threshold = state?.threshold ?? miner.payout?.threshold ?? pool.payoutThreshold;
  const { immature, confirmed } = miner.balances;
  return (
    <Panel
      title="Balance"
      class="earnings"
      actions={
        state && (
          <State
            of={state.state === 'due' || state.state === 'in-payout' ? 'ok' : state.frozen ? 'frozen' : 'pending'}
            text={state.state.replaceAll('-', ' ')}
          />
        )
      }
    >
      <p class="balance num">
        <Coins of={confirmed} symbol={pool.symbol} />
      </p>
      <Progress
        of={units(confirmed) / Math.max(1, units(threshold))}
        label="Of the payout threshold"
        tone={units(confirmed) >= units(threshold) ? 'good' : 'accent'}
      />
      <p class="field-hint">
        {state ? (saying[state.state] ?? state.state) : 'Paid at'} · threshold{' '}
        <Coins of={threshold} symbol={pool.symbol} />
        {state?.ownThreshold ? ' (set by the owner)' : ''}
      </p>
      <Facts
        of={[
          ['Immature', <Coins of={immature} symbol={pool.symbol} />],
          ['Paid so far', <Coins of={miner.paid} symbol={pool.symbol} />],
          ['Next payout', <NextPayout miner={miner} state={state} />],
          ...(miner.payout?.perDay
            ? [['About a day', <Coins of={miner.payout.perDay} symbol={pool.symbol} />] as [string, VNode]]
            : []),
          ...(state?.payTo
            ? [['Paid to', <Hash value={state.payTo} link={addressLink(pool, state.payTo)} />] as [string, VNode]]
            : []),
        ]}
      />
      <p class="quiet small">
        Immature coins come from blocks that are not yet {pool.coinbaseMaturity} deep; they can still be lost if the
        chain changes.
      </p>
    </Panel>
  );
}

const addressLink = (pool: Pool & { addressLink?: string | null }, address: string): string | null =>
  pool.addressLink ? pool.addressLink.replace('{address}', encodeURIComponent(address)) : null;

const whyNone: Record<string, string> = {
  idle: 'when this miner works again',
  off: 'this pool makes no payouts',
  'no-block-yet': "after the pool's first block",
  due: 'in the next round',
};

function NextPayout({ miner, state }: { miner: Miner; state: PayoutState | undefined }): VNode {
  if (state && ['due', 'in-payout'].includes(state.state)) return <span>in the next round</span>;
  if (state && ['frozen', 'paused', 'manual', 'no-address', 'payouts-off', 'waits-for-approval'].includes(state.state))
    return <span>{saying[state.state]}</span>;
  const time = state?.estimate ?? miner.payout?.time;
  if (time) return <Soon time={time} />;
  return <span>{whyNone[miner.payout?.reason ?? ''] ?? 'cannot be told yet'}</span>;
}
