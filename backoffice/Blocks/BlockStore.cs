using System.Numerics;
using Npgsql;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts;

namespace Viddhana.Backoffice.Blocks;

/// <summary>A block record of the journal, ready to be stored: a candidate or a verdict.</summary>
internal sealed record BlockRecord
{
    public required int PoolId { get; init; }

    /// <summary>Null where the pool is not configured: its terms are filled in when it is.</summary>
    public KnownPool? Pool { get; init; }

    public BlockFound? Found { get; init; }

    public BlockVerdict? Verdict { get; init; }

    public int SourceId { get; init; }

    public ulong ShareSequence { get; init; }

    public long AccountId { get; init; }

    public long WorkerId { get; init; }

    /// <summary>Work of the pool in this batch before the block, since the batch's previous block.</summary>
    public UInt128 RoundWork { get; init; }

    /// <summary>True if the work stored since the last block belongs to it too.</summary>
    public bool IsFirstOfBatch { get; init; }

    public long AtMs { get; init; }
}

/// <summary>Writes and reads blocks.</summary>
internal static class BlockStore
{
    /// <summary>Stores a candidate or verdict in the consumer's transaction. The same block found twice is stored once.</summary>
    public static Task InsertAsync(NpgsqlConnection connection, BlockRecord record, CancellationToken cancel) =>
        record.Found is { } found ? InsertFoundAsync(connection, record, found, cancel) : InsertVerdictAsync(connection, record, cancel);

    private static async Task InsertFoundAsync(NpgsqlConnection connection, BlockRecord record, BlockFound found, CancellationToken cancel)
    {
        var earlier = record.IsFirstOfBatch
            ? await connection.ScalarAsync<BigInteger>(
                "SELECT round_work FROM pools WHERE pool_id = $1 FOR UPDATE", [record.PoolId], cancel)
            : 0;
        await connection.RunAsync("UPDATE pools SET round_work = 0 WHERE pool_id = $1", [record.PoolId], cancel);
        await connection.RunAsync(
            """
            INSERT INTO blocks (pool_id, hash, height, prev_hash, coinbase_txid, reward, network_work, account_id, worker_id, source_id,
                share_sequence, share_ms, share_work, scheme, fee_ppm, window_ten_thousandths, effort_work, found_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
            ON CONFLICT (hash) DO NOTHING
            """,
            [
                record.PoolId, found.Hash, (long)found.Height, found.PrevHash, found.CoinbaseTxid, found.Reward,
                (BigInteger)found.NetworkWork,
                record.AccountId, record.WorkerId, record.SourceId, (long)record.ShareSequence, found.ShareUtcMs, (decimal)found.ShareWork,
                record.Pool?.Config.Rewards.Scheme ?? "", record.Pool?.FeePpm ?? 0, record.Pool?.WindowTenThousandths ?? 0,
                earlier + record.RoundWork, DateTimeOffset.FromUnixTimeMilliseconds(record.AtMs),
            ],
            cancel);
    }

    private static Task<int> InsertVerdictAsync(NpgsqlConnection connection, BlockRecord record, CancellationToken cancel)
    {
        var verdict = record.Verdict!;
        return connection.RunAsync(
            """
            INSERT INTO block_verdicts (hash, node, is_accepted, reason, at_ms) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (hash, node) DO UPDATE SET is_accepted = excluded.is_accepted, reason = excluded.reason, at_ms = excluded.at_ms
            """,
            [verdict.Hash, verdict.Node.Replace('\0', ' '), verdict.Accepted, verdict.Reason.Replace('\0', ' '), record.AtMs],
            cancel);
    }

    private const string Columns =
        """
        b.block_id, b.pool_id, b.hash, b.height, b.reward, b.network_work, b.account_id, b.source_id, b.share_sequence, b.share_ms,
        s.engine_id, s.epoch, b.scheme, b.fee_ppm, b.window_ten_thousandths, b.state, b.cycle, b.split_fixed_at IS NOT NULL
        FROM blocks b JOIN sources s USING (source_id)
        """;

    /// <summary>The blocks of a pool that are still looked at, oldest first.</summary>
    public static Task<List<Block>> OpenBlocksAsync(NpgsqlDataSource database, int poolId, CancellationToken cancel) => database.RowsAsync(
        $"SELECT {Columns} WHERE b.pool_id = $1 AND NOT b.is_final ORDER BY b.height, b.block_id",
        [poolId],
        Read,
        cancel);

    /// <summary>The block as it is now, locked until the end of the transaction.</summary>
    public static async Task<Block> LockAsync(NpgsqlConnection connection, long blockId, CancellationToken cancel) =>
        (await connection.RowsAsync(
            $"SELECT {Columns} WHERE b.block_id = $1 FOR UPDATE OF b", [blockId], Read, cancel))[0];

    /// <summary>Moves a block to a state.</summary>
    public static Task SetStateAsync(
        NpgsqlConnection connection, Block block, BlockState state, int cycle, string reason, CancellationToken cancel) =>
        connection.RunAsync(
            "UPDATE blocks SET state = $2, cycle = $3, state_reason = $4, changed_at = now(), checked_at = now() WHERE block_id = $1",
            [block.BlockId, NameOf(state), cycle, reason],
            cancel);

    /// <summary>Notes what was seen without a change of state.</summary>
    public static async Task SetSeenAsync(
        NpgsqlDataSource database, long blockId, int confirmations, string reason, bool isFinal, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await connection.RunAsync(
            "UPDATE blocks SET confirmations = $2, state_reason = $3, is_final = $4, checked_at = now() WHERE block_id = $1",
            [blockId, confirmations, reason, isFinal],
            cancel);
    }

    /// <summary>The terms of a block that was found before its pool was configured here.</summary>
    public static async Task SetTermsAsync(NpgsqlDataSource database, Block block, KnownPool pool, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await connection.RunAsync(
            "UPDATE blocks SET scheme = $2, fee_ppm = $3, window_ten_thousandths = $4 WHERE block_id = $1 AND scheme = ''",
            [block.BlockId, pool.Config.Rewards.Scheme, pool.FeePpm, pool.WindowTenThousandths],
            cancel);
    }

    private static Block Read(NpgsqlDataReader row) => new()
    {
        BlockId = row.GetInt64(0),
        PoolId = row.GetInt32(1),
        Hash = row.GetString(2),
        Height = row.GetInt64(3),
        Reward = row.GetInt64(4),
        NetworkWork = row.GetUInt128(5),
        Finder = row.GetInt64(6),
        SourceId = row.GetInt32(7),
        ShareSequence = (ulong)row.GetInt64(8),
        ShareMs = row.GetInt64(9),
        EngineId = row.GetInt32(10),
        Epoch = Convert.ToUInt64(row.GetString(11), 16),
        Scheme = row.GetString(12),
        FeePpm = row.GetInt32(13),
        WindowTenThousandths = row.GetInt64(14),
        State = Enum.Parse<BlockState>(row.GetString(15), ignoreCase: true),
        Cycle = row.GetInt32(16),
        IsSplitFixed = row.GetBoolean(17),
    };

    private static string NameOf(BlockState state) => state switch
    {
        BlockState.Found => "found",
        BlockState.Immature => "immature",
        BlockState.Confirmed => "confirmed",
        _ => "orphaned",
    };
}
