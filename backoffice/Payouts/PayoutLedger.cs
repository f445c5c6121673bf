using Npgsql;
using Viddhana.Backoffice.Money;

namespace Viddhana.Backoffice.Payouts;

/// <summary>What each step of a payout posts. Called inside the transaction of the step.</summary>
internal static class PayoutLedger
{
    /// <summary>Balances into flight.</summary>
    public static Task Prepared(NpgsqlConnection connection, int poolId, long payoutId, IReadOnlyList<PayoutLine> lines) =>
        Post(connection, poolId, payoutId, "prepared", Taken(lines));

    /// <summary>In flight becomes paid; the network's fee is borne by the pool's fee account, or was taken out of the lines.</summary>
    public static Task Confirmed(NpgsqlConnection connection, int poolId, Payout payout, long fee) =>
        Post(connection, poolId, payout.PayoutId, $"confirmed:{payout.Cycle + 1}", Final(payout, fee));

    /// <summary>The opposite, when a reorganisation takes the transaction out of the chain.</summary>
    public static Task Unconfirmed(NpgsqlConnection connection, int poolId, Payout payout, long fee) =>
        Post(connection, poolId, payout.PayoutId, $"unconfirmed:{payout.Cycle}", Ledger.Reverse(Final(payout, fee)));

    /// <summary>Out of flight, back to the balances.</summary>
    public static Task Failed(NpgsqlConnection connection, int poolId, long payoutId, IReadOnlyList<PayoutLine> lines) =>
        Post(connection, poolId, payoutId, "failed", Ledger.Reverse(Taken(lines)));

    private static IEnumerable<LedgerLine> Taken(IReadOnlyList<PayoutLine> lines) =>
        lines.Select(l => new LedgerLine(LedgerKind.UserConfirmed, l.AccountId, -l.Amount))
            .Append(new LedgerLine(LedgerKind.InFlight, null, lines.Sum(l => l.Amount)));

    private static LedgerLine[] Final(Payout payout, long fee)
    {
        var byMiners = payout.FeeFrom == "miners" ? fee : 0;
        return
        [
            new LedgerLine(LedgerKind.InFlight, null, -payout.Total),
            new LedgerLine(LedgerKind.Paid, null, payout.Total - byMiners),
            new LedgerLine(LedgerKind.NetworkFees, null, fee),
            new LedgerLine(LedgerKind.PoolFee, null, byMiners - fee),
        ];
    }

    private static async Task Post(NpgsqlConnection connection, int poolId, long payoutId, string step, IEnumerable<LedgerLine> lines)
    {
        var posting = new LedgerPosting { PoolId = poolId, PayoutId = payoutId, Cause = $"payout:{payoutId}:{step}", Lines = [.. lines] };
        if (!await Ledger.PostAsync(connection, posting, CancellationToken.None))
            throw new LedgerException($"{posting.Cause} was posted before");
    }
}
