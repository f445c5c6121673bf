using Npgsql;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Live;

/// <summary>What is looked at for changes.</summary>
/// <param name="Id">Number of the block or payout.</param>
/// <param name="PoolId">Its pool.</param>
/// <param name="State">Its state.</param>
/// <param name="Confirmations">How deep it is.</param>
/// <param name="IsFinal">True if it will not change any more.</param>
internal readonly record struct LiveRow(long Id, int PoolId, string State, int Confirmations, bool IsFinal);

/// <summary>A pool's tip.</summary>
internal readonly record struct LiveTip(int PoolId, long Height, long Nbits);

/// <summary>Looks at what may have changed: a few rows, whatever is stored.</summary>
internal sealed class LiveQueries(ReadDatabase read)
{
    /// <summary>Blocks that may still change, those that were open when last seen, and newer ones.</summary>
    public Task<List<LiveRow>> Blocks(LiveChanges seen, CancellationToken cancel) => read.Source.RowsAsync(
        """
        SELECT block_id, pool_id, state, confirmations, is_final FROM blocks WHERE NOT is_final
        UNION SELECT block_id, pool_id, state, confirmations, is_final FROM blocks WHERE block_id = ANY($1) OR block_id > $2
        ORDER BY 1
        """,
        [seen.Open, seen.Newest],
        Read,
        cancel);

    /// <summary>The same of payouts.</summary>
    public Task<List<LiveRow>> Payouts(LiveChanges seen, CancellationToken cancel) => read.Source.RowsAsync(
        """
        SELECT payout_id, pool_id, state, confirmations, false FROM payouts WHERE state IN ('prepared', 'signed', 'broadcast')
        UNION SELECT payout_id, pool_id, state, confirmations, state IN ('confirmed', 'failed') FROM payouts
        WHERE payout_id = ANY($1) OR payout_id > $2
        ORDER BY 1
        """,
        [seen.Open, seen.Newest],
        Read,
        cancel);

    /// <summary>Number of the newest row of a table, 0 without one: what was there before is no news.</summary>
    public async Task<long> Newest(string table, CancellationToken cancel)
    {
        var column = table == "blocks" ? "block_id" : "payout_id";
        var rows = await read.Source.RowsAsync(
            $"SELECT coalesce(max({column}), 0)::bigint FROM {table}", [], row => row.GetInt64(0), cancel);
        return rows[0];
    }

    /// <summary>The tips of all pools.</summary>
    public Task<List<LiveTip>> Tips(CancellationToken cancel) => read.Source.RowsAsync(
        "SELECT pool_id, tip_height, tip_nbits FROM pools",
        [],
        row => new LiveTip(row.GetInt32(0), row.GetInt64(1), row.GetInt64(2)),
        cancel);

    private static LiveRow Read(NpgsqlDataReader row) =>
        new(row.GetInt64(0), row.GetInt32(1), row.GetString(2), row.GetInt32(3), row.GetBoolean(4));
}
