using System.Numerics;
using Npgsql;
using Viddhana.Backoffice.Money;
using Viddhana.Backoffice.Rewards;
using Viddhana.Backoffice.Shares;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Blocks;

/// <summary>
/// Moves blocks between their states, each move one transaction with its postings. Orphaning reverses the sum of everything that was
/// posted about the block, so afterwards the ledger reads as if it had never been found, at whatever state it was. A move returns false,
/// and does nothing, if the block is no longer as it was read.
/// </summary>
internal sealed class BlockLedger(NpgsqlDataSource database)
{
    /// <summary>The block is in the chain (again): its split is posted as immature. A split that was fixed before stays as it is.</summary>
    public async Task<bool> EnterAsync(Block block, CancellationToken cancel)
    {
        var split = await SplitAsync(block, cancel);
        return await MoveAsync(
            block,
            async connection =>
            {
                var credits = await KeepCreditsAsync(connection, block, split, cancel);
                var fee = block.Reward - credits.Sum(credit => credit.Amount);
                List<LedgerLine> lines = [new(LedgerKind.BlockReward, null, -block.Reward), new(LedgerKind.FeeImmature, null, fee)];
                lines.AddRange(credits.Select(credit => new LedgerLine(LedgerKind.UserImmature, credit.AccountId, credit.Amount)));
                await PostAsync(connection, block, "immature", block.Cycle + 1, lines, cancel);
                await BlockStore.SetStateAsync(connection, block, BlockState.Immature, block.Cycle + 1, "", cancel);
            },
            cancel);
    }

    /// <summary>The block is mature and all shares that its window may hold are here: the split is fixed and becomes spendable.</summary>
    public async Task<bool> ConfirmAsync(Block block, CancellationToken cancel)
    {
        var split = await SplitAsync(block, cancel);
        return await MoveAsync(
            block,
            async connection =>
            {
                var credits = await KeepCreditsAsync(connection, block, split, cancel);
                var posted = await Ledger.NetOfBlockAsync(connection, block.BlockId, cancel);
                var lines = Ledger.Reverse(posted.Where(line => line.Kind != LedgerKind.BlockReward)).ToList();
                lines.Add(new LedgerLine(LedgerKind.PoolFee, null, block.Reward - credits.Sum(credit => credit.Amount)));
                lines.AddRange(credits.Select(credit => new LedgerLine(LedgerKind.UserConfirmed, credit.AccountId, credit.Amount)));
                await PostAsync(connection, block, "confirmed", block.Cycle, lines, cancel);
                await connection.RunAsync(
                    "UPDATE blocks SET split_fixed_at = coalesce(split_fixed_at, now()) WHERE block_id = $1", [block.BlockId], cancel);
                await BlockStore.SetStateAsync(connection, block, BlockState.Confirmed, block.Cycle, "", cancel);
            },
            cancel);
    }

    /// <summary>The block is not in the chain: whatever stands of it is compensated.</summary>
    public Task<bool> OrphanAsync(Block block, string reason, CancellationToken cancel) => MoveAsync(
        block,
        async connection =>
        {
            var posted = await Ledger.NetOfBlockAsync(connection, block.BlockId, cancel);
            await PostAsync(connection, block, "orphaned", block.Cycle, [.. Ledger.Reverse(posted)], cancel);
            await BlockStore.SetStateAsync(connection, block, BlockState.Orphaned, block.Cycle, reason, cancel);
        },
        cancel);

    /// <summary>
    /// What fixing the split still waits for, in words; null if nothing: every journal that is known and not released has to be committed
    /// past the winning share's time.
    /// </summary>
    public async Task<string?> WaitsForAsync(Block block, CancellationToken cancel)
    {
        var behind = await database.RowsAsync(
            """
            SELECT engine_id, epoch, greatest(last_time_ms, complete_ms) FROM sources
            WHERE released_at IS NULL AND greatest(last_time_ms, complete_ms) <= $1 AND NOT (source_id = $2 AND last_sequence >= $3)
            ORDER BY engine_id, epoch LIMIT 3
            """,
            [block.ShareMs, block.SourceId, (long)block.ShareSequence],
            row => $"engine {row.GetInt32(0)} (epoch {row.GetString(1)}), known up to {TimeText(row.GetInt64(2))}",
            cancel);
        return behind.Count == 0
            ? null
            : $"waits for shares of {string.Join(", ", behind)}; if it is gone for ever: viddhana-backoffice engine release ID";
    }

    private static string TimeText(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("u");

    /// <summary>One transaction, in which nobody else moves the block; false if somebody has since it was read.</summary>
    private Task<bool> MoveAsync(Block block, Func<NpgsqlConnection, Task> move, CancellationToken cancel) => database.InTransactionAsync(
        async connection =>
        {
            if (await BlockStore.LockAsync(connection, block.BlockId, cancel) != block) return false;
            await move(connection);
            return true;
        },
        cancel);

    /// <summary>The split by the shares that are here now; null if it is fixed.</summary>
    private async Task<RewardSplit?> SplitAsync(Block block, CancellationToken cancel)
    {
        if (block.IsSplitFixed) return null;

        var winner = new ShareKey(block.ShareMs, block.EngineId, block.Epoch, block.ShareSequence);
        var terms = new RewardTerms(
            block.PoolId, block.Reward, block.FeePpm, block.NetworkWork, block.WindowTenThousandths, winner, block.Finder);
        await using var history = await ShareHistory.OpenAsync(database, cancel);
        return await RewardSchemes.ByName[block.Scheme].SplitAsync(terms, history, cancel);
    }

    private static async Task PostAsync(
        NpgsqlConnection connection, Block block, string what, int cycle, List<LedgerLine> lines, CancellationToken cancel)
    {
        var posting = new LedgerPosting
        {
            PoolId = block.PoolId,
            BlockId = block.BlockId,
            Cause = $"block:{block.Hash}:{what}:{cycle}",
            Lines = lines,
        };
        if (!await Ledger.PostAsync(connection, posting, cancel)) throw new LedgerException($"{posting.Cause} was posted before");
    }

    /// <summary>Stores a new split, if there is one; returns the credits that stand.</summary>
    private static async Task<List<Credit>> KeepCreditsAsync(
        NpgsqlConnection connection, Block block, RewardSplit? split, CancellationToken cancel)
    {
        if (split is not null) await WriteCreditsAsync(connection, block, split, cancel);
        return await connection.RowsAsync(
            "SELECT account_id, work, amount FROM block_credits WHERE block_id = $1 ORDER BY account_id",
            [block.BlockId],
            row => new Credit(row.GetInt64(0), row.GetUInt128(1), row.GetInt64(2)),
            cancel);
    }

    private static async Task WriteCreditsAsync(NpgsqlConnection connection, Block block, RewardSplit split, CancellationToken cancel)
    {
        await connection.RunAsync("DELETE FROM block_credits WHERE block_id = $1", [block.BlockId], cancel);
        await connection.RunAsync(
            "INSERT INTO block_credits (block_id, account_id, work, amount) SELECT $1, * FROM unnest($2, $3, $4)",
            [
                block.BlockId,
                split.Credits.Select(credit => credit.AccountId).ToArray(),
                split.Credits.Select(credit => (BigInteger)credit.Work).ToArray(),
                split.Credits.Select(credit => credit.Amount).ToArray(),
            ],
            cancel);
    }
}
