using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Viddhana.Backoffice.Blocks;
using Viddhana.Backoffice.Health;
using Viddhana.Backoffice.Money;
using Viddhana.Backoffice.Shares;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts;
using Viddhana.Tests.Backoffice.Blocks;

namespace Viddhana.Tests.Web;

/// <summary>A rig of the seed.</summary>
/// <param name="Account">Who is paid.</param>
/// <param name="Name">Its name, or "".</param>
/// <param name="Rate">Hashes per second.</param>
/// <param name="From">How many hours ago it began.</param>
/// <param name="Until">How many hours ago it ended; 0: it still runs.</param>
/// <param name="LowNow">True if it has slowed down lately.</param>
internal sealed record SeedRig(string Account, string Name, double Rate, double From, double Until = 0, bool LowNow = false)
{
    public string Worker => Name.Length > 0 ? $"{Account}.{Name}" : Account;
}

/// <summary>What a pool's past consists of.</summary>
/// <param name="Pool">Which pool.</param>
/// <param name="Nbits">Compact target of its chain.</param>
/// <param name="NetworkWork">Expected hashes of a block.</param>
/// <param name="Reward">Of a block, without fees.</param>
/// <param name="TipHeight">Height of the chain now.</param>
/// <param name="Rigs">Who mines.</param>
/// <param name="BlockHours">Hours between blocks on average; 0: none is found.</param>
/// <param name="Orphan">Number of the block that the chain does not have.</param>
internal sealed record SeedPlan(
    KnownPool Pool, uint Nbits, UInt128 NetworkWork, long Reward, uint TipHeight,
    IReadOnlyList<SeedRig> Rigs, double BlockHours, int Orphan);

/// <summary>
/// Makes a pool's past the way it would have come about: entries of an engine, committed by the share store, split by the block tracker
/// over a chain that has all blocks but one, and paid out.
/// </summary>
internal sealed class SeedPool(NpgsqlDataSource database, PoolBook pools, long nowMs)
{
    private const long MinuteMs = 60_000;
    private const long HourMs = 3_600_000;
    private const int PayoutRounds = 4;

    private static readonly double[] YoungHours = [2.2, 9.4];

    private readonly Random _chance = new(7);

    public async Task MakeAsync(SeedPlan plan, ulong epoch)
    {
        var engine = new SeedEngine(plan.Pool.Name, plan.Nbits, 0, epoch);
        var chain = new FakeChain { Height = plan.TipHeight };
        Write(plan, engine, chain);
        var intake = new ShareIntake(1L << 30);
        foreach (var entry in engine.Entries) Assert.That(intake.Add(new Delivery("", entry)));
        await new ShareStore(database, pools, (int)MinuteMs).CommitAsync(intake.Take(), CancellationToken.None);
        if (plan.BlockHours == 0) return;

        var tracker = new BlockTracker(
            database, plan.Pool, chain, TimeSpan.FromSeconds(1), new ActiveLease(database, NullLogger<ActiveLease>.Instance), new Metrics(),
            NullLogger<BlockTracker>.Instance);
        // Payouts go out between the blocks, as they would have.
        for (var round = 1; round <= PayoutRounds + 1; round++)
        {
            var back = round <= PayoutRounds ? 240 + ((PayoutRounds - round) * 400) : 0;
            chain.Height = plan.TipHeight - back;
            chain.Events++;
            for (var i = 0; i < 3; i++) await tracker.RunOnceAsync(CancellationToken.None);
            if (round <= PayoutRounds) await PayAsync(plan.Pool, round, nowMs - (back * plan.Pool.Coin.BlockSeconds * 1_000L));
        }

        tracker.Dispose();
    }

    /// <summary>Hours but the last day, then ten minutes, then minutes: as fine as the charts, on their bounds.</summary>
    private void Write(SeedPlan plan, SeedEngine engine, FakeChain chain)
    {
        var oldestMs = nowMs - (long)(plan.Rigs.Max(rig => rig.From) * HourMs);
        var dayMs = (nowMs - (24 * HourMs)) / HourMs * HourMs;
        var lastMs = (nowMs - (3 * HourMs)) / HourMs * HourMs;
        var number = 0;
        for (var atMs = oldestMs / MinuteMs * MinuteMs; atMs < nowMs;)
        {
            var lengthMs = atMs < dayMs ? HourMs - (atMs % HourMs) : atMs < lastMs ? (10 * MinuteMs) - (atMs % (10 * MinuteMs)) : MinuteMs;
            lengthMs = Math.Min(lengthMs, nowMs - atMs);
            Slice(plan, engine, chain, ((nowMs - atMs) / (double)HourMs, lengthMs / (double)HourMs), number++);
            atMs += lengthMs;
        }
    }

    private void Slice(SeedPlan plan, SeedEngine engine, FakeChain chain, (double Hours, double Length) slice, int number)
    {
        var ms = nowMs - (long)Math.Round(slice.Hours * HourMs) + 1_000;
        var height = plan.TipHeight - (uint)(slice.Hours * 3600 / plan.Pool.Coin.BlockSeconds);
        var shares = new List<(string, ulong)>();
        foreach (var rig in plan.Rigs.Where(rig => rig.From >= slice.Hours && rig.Until < slice.Hours))
        {
            var swing = 1 + (0.08 * Math.Sin(slice.Hours / 4)) + (0.06 * (_chance.NextDouble() - 0.5));
            var work = rig.Rate * slice.Length * 3600 * swing * (rig.LowNow && slice.Hours < 0.3 ? 0.25 : 1);
            var parts = (int)Math.Max(work / 9e18, 1) + 1;
            for (var i = 0; i < parts; i++) shares.Add((rig.Worker, (ulong)(work / parts)));
        }

        if (shares.Count == 0) return;
        var last = plan.Rigs.First(rig => rig.Worker == shares[^1].Item1);
        (string, RejectReason, uint)[] refused = number % 3 == 0
            ? [(last.Worker, RejectReason.Stale, 2), (shares[0].Item1, (RejectReason)(1 + (number % 4)), 1)] : [];
        engine.Shares(ms, height, shares, refused);
        // Two that are not mature yet, wherever chance puts the others.
        var isWanted = Array.Exists(YoungHours, hours => hours <= slice.Hours && hours > slice.Hours - slice.Length);
        if (plan.BlockHours == 0 || (!isWanted && _chance.NextDouble() > slice.Length / plan.BlockHours)) return;

        // The winner is whoever wrote the last share: shuffle who that is.
        var winner = shares[_chance.Next(shares.Count)];
        engine.Shares(ms + 30_000, height, [winner]);
        var hash = SeedText.BlockHash($"{plan.Pool.Name}-{number}");
        engine.Found(ms + 30_000, height, winner.Item1, hash, plan.Reward + _chance.Next(8_000_000), plan.NetworkWork);
        if (chain.Has.Count != plan.Orphan || !chain.Unknown.Add($"passed-{plan.Pool.Name}")) chain.Has.Add(hash);
    }

    /// <summary>What the payout loop posts, without a wallet: everybody's balance above the pool's threshold.</summary>
    private async Task PayAsync(KnownPool pool, int round, long atMs)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var owed = await connection.RowsAsync(
            """
            SELECT l.account_id, a.name, l.balance FROM ledger_accounts l JOIN accounts a USING (account_id)
            WHERE l.pool_id = $1 AND l.kind = 'user_confirmed' AND l.balance >= $2 ORDER BY l.account_id
            """,
            [pool.PoolId, pool.Coin.PayoutThreshold],
            row => (Account: row.GetInt64(0), Name: row.GetString(1), Amount: row.GetInt64(2)),
            default);
        if (owed.Count == 0) return;
        const long Fee = 4_200;
        var total = owed.Sum(o => o.Amount);
        var isDone = round < PayoutRounds;
        var id = await connection.ScalarAsync<long>(
            """
            INSERT INTO payouts (pool_id, state, marker, fee_from, total, fee, txid, cycle, confirmations, created_at, changed_at, sent_at)
            VALUES ($1, $2, $3, 'pool', $4, $5, $6, $7, $8, $9, $9, $9) RETURNING payout_id
            """,
            [
                pool.PoolId, isDone ? "confirmed" : "broadcast", $"{pool.Name}-{round}", total, Fee,
                SeedText.Hex($"{pool.Name}-payout-{round}"),
                isDone ? 1 : 0, isDone ? 400 : 2,
                DateTimeOffset.FromUnixTimeMilliseconds(atMs).UtcDateTime,
            ],
            default);
        foreach (var line in owed)
            await connection.RunAsync(
                "INSERT INTO payout_lines (payout_id, account_id, address, amount, fee) VALUES ($1, $2, $3, $4, 0)",
                [id, line.Account, line.Name, line.Amount],
                default);
        await PostAsync(connection, pool, id, "prepared", [
            .. owed.Select(o => new LedgerLine(LedgerKind.UserConfirmed, o.Account, -o.Amount)),
            new LedgerLine(LedgerKind.InFlight, null, total)]);
        if (isDone)
            await PostAsync(connection, pool, id, "confirmed:1", [
                new LedgerLine(LedgerKind.InFlight, null, -total), new LedgerLine(LedgerKind.Paid, null, total),
                new LedgerLine(LedgerKind.NetworkFees, null, Fee), new LedgerLine(LedgerKind.PoolFee, null, -Fee)]);
        await transaction.CommitAsync();
    }

    private static async Task PostAsync(NpgsqlConnection connection, KnownPool pool, long payoutId, string step, LedgerLine[] lines)
    {
        var posting = new LedgerPosting
        {
            PoolId = pool.PoolId,
            PayoutId = payoutId,
            Cause = $"payout:{payoutId}:{step}",
            Lines = [.. lines],
        };
        Assert.That(await Ledger.PostAsync(connection, posting, CancellationToken.None));
    }
}
