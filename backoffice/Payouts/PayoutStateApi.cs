using Dapper;
using Npgsql;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Pools.Sharing;
using Viddhana.Backoffice.Shares;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Payouts;

/// <summary>What stands between an account and its next payout, for the page that everybody may look at.</summary>
/// <param name="Pool">The pool.</param>
/// <param name="Address">The account.</param>
/// <param name="State">collecting, due, waits-for-approval, frozen, paused, no-address, manual, in-payout, payouts-off.</param>
/// <param name="Threshold">From which balance on it is paid.</param>
/// <param name="OwnThreshold">False: the pool's.</param>
/// <param name="Schedule">auto, daily, weekly, manual.</param>
/// <param name="Paused">The owner pays himself nothing.</param>
/// <param name="Frozen">The operator has frozen the account or all payouts of the pool.</param>
/// <param name="FrozenSince">Since when.</param>
/// <param name="PayTo">The address in force.</param>
/// <param name="Change">Another address that waits, both shortened.</param>
/// <param name="Confirmed">The balance that can be paid.</param>
/// <param name="Missing">To the threshold.</param>
public sealed record PayoutStateAnswer(
    string Pool,
    string Address,
    string State,
    Amount Threshold,
    bool OwnThreshold,
    string Schedule,
    bool Paused,
    bool Frozen,
    DateTimeOffset? FrozenSince,
    string? PayTo,
    AddressChangeAnswer? Change,
    Amount Confirmed,
    Amount Missing);

/// <summary><c>/api/v1/pools/{id}/miners/{address}/payout-state</c>.</summary>
internal static class PayoutStateApi
{
    private const int FreshSeconds = 5;

    public static void MapPayoutState(this IEndpointRouteBuilder routes) => routes
        .MapGet("/api/v1/pools/{id}/miners/{address}/payout-state", State).Shared(FreshSeconds).WithTags("Payouts")
        .Produces<PayoutStateAnswer>().WithSummary("What stands between an account and its next payout");

    private static async Task<IResult> State(
        string id, string address, PoolBook pools, MinerQueries miners, PayoutSettingsBook book, NpgsqlDataSource database)
    {
        if (pools.ByName(id) is not { } pool) return PoolsApi.NoPool(id, pools);
        if (address.Length > 191) return Problems.Of(400, "bad-request", "an account's name has at most 191 characters");
        var name = StratumName.Parse(address).Account;
        if (await miners.AccountId(name) is not { } accountId)
            return Problems.Of(404, "no-account", "no account of that name has sent a share");

        var (settings, change) = await book.OfAsync(accountId, new PaidCoin([pool]), CancellationToken.None);
        await using var connection = await database.OpenConnectionAsync();
        var facts = await connection.QuerySingleAsync<Facts>(
            """
            SELECT coalesce((SELECT balance FROM ledger_accounts
                             WHERE pool_id = @PoolId AND account_id = @accountId AND kind = 'user_confirmed'), 0) AS balance,
                   (SELECT set_at FROM payout_holds WHERE pool_id = @PoolId AND released_at IS NULL) AS pool_frozen_at,
                   EXISTS (SELECT FROM payout_lines l JOIN payouts p USING (payout_id)
                           WHERE l.account_id = @accountId AND p.pool_id = @PoolId AND p.state IN ('prepared', 'signed', 'broadcast'))
                       AS is_in_payout,
                   EXISTS (SELECT FROM payout_requests WHERE pool_id = @PoolId AND account_id = @accountId AND state = 'waiting')
                       AS is_requested,
                   EXISTS (SELECT FROM payout_approvals v WHERE v.pool_id = @PoolId AND v.account_id = @accountId AND v.payout_id IS NULL)
                       AS is_approved
            """,
            new { pool.PoolId, accountId });
        return Results.Ok(Answer(pool, name, settings, change, facts));
    }

    private static PayoutStateAnswer Answer(KnownPool pool, string name, PayoutSettings settings, AddressChange? change, Facts facts)
    {
        var (rules, decimals) = (PayoutRules.Of(pool), pool.Coin.Decimals);
        var threshold = rules.ThresholdOf(settings.Threshold);
        var frozen = settings.FrozenAt ?? facts.PoolFrozenAt;
        return new PayoutStateAnswer(
            pool.Name,
            name,
            Word(pool, rules, settings, facts, threshold),
            Amount.Of(threshold, decimals),
            settings.Threshold is not null,
            settings.Schedule,
            settings.IsPaused,
            frozen is not null,
            frozen is { } since ? new DateTimeOffset(since) : null,
            settings.Address,
            AddressChangeAnswer.Of(change)?.Shortened(),
            Amount.Of(facts.Balance, decimals),
            Amount.Of(Math.Max(0, threshold - facts.Balance), decimals));
    }

    private static string Word(KnownPool pool, PayoutRules rules, PayoutSettings settings, Facts facts, long threshold)
    {
        if (facts.IsInPayout) return "in-payout";
        if (settings.FrozenAt is not null || facts.PoolFrozenAt is not null) return "frozen";
        if (settings.IsPaused) return "paused";
        if (settings.Address is null) return "no-address";
        if (pool.Config.Payouts is not { Enabled: true, Wallet: not null }) return "payouts-off";
        var isReached = facts.IsRequested ? facts.Balance >= rules.RequestMin : facts.Balance >= threshold;
        if (settings.Schedule == PayoutSchedule.Manual && !facts.IsRequested) return "manual";
        if (!isReached) return "collecting";
        return facts.Balance > rules.ApprovalAbove && !facts.IsApproved ? "waits-for-approval" : "due";
    }

    private sealed record Facts
    {
        public long Balance { get; init; }

        public DateTime? PoolFrozenAt { get; init; }

        public bool IsInPayout { get; init; }

        public bool IsRequested { get; init; }

        public bool IsApproved { get; init; }
    }
}
