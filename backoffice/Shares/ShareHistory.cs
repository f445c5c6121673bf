using System.Runtime.CompilerServices;
using Npgsql;
using Viddhana.Backoffice.Rewards;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts;

namespace Viddhana.Backoffice.Shares;

/// <summary>
/// The stored shares as a reward scheme reads them, within one snapshot: sums and single shares must be of the same moment.
/// </summary>
public sealed class ShareHistory : IShareHistory, IAsyncDisposable
{
    private const int PageRows = 2_000;

    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _snapshot;

    private ShareHistory(NpgsqlConnection connection, NpgsqlTransaction snapshot) => (_connection, _snapshot) = (connection, snapshot);

    /// <summary>Opens a snapshot of now.</summary>
    public static async Task<ShareHistory> OpenAsync(NpgsqlDataSource database, CancellationToken cancel)
    {
        var connection = await database.OpenConnectionAsync(cancel);
        return new ShareHistory(connection, await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancel));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _snapshot.DisposeAsync();
        await _connection.DisposeAsync();
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<WorkSpan> SpansAsync(int poolId, long untilMs, [EnumeratorCancellation] CancellationToken cancel)
    {
        // Read in pages, because the caller asks for single shares on the same connection in between.
        WorkSpan? open = null;
        var (endMs, startMs) = (long.MaxValue, long.MaxValue);
        while (true)
        {
            var page = await PageAsync(poolId, untilMs, endMs, startMs, cancel);
            foreach (var slice in page)
            {
                // Slices overlap where their length was changed: they make one span.
                if (open is { } span && slice.EndMs > span.StartMs)
                {
                    open = new WorkSpan(Math.Min(slice.StartMs, span.StartMs), span.EndMs, span.Work + slice.Work);
                    continue;
                }

                if (open is { } whole) yield return whole;
                open = slice;
            }

            if (page.Count < PageRows) break;
            (endMs, startMs) = (page[^1].EndMs, page[^1].StartMs);
        }

        if (open is { } last) yield return last;
    }

    /// <inheritdoc/>
    public async Task<Dictionary<long, UInt128>> WorkByAccountAsync(int poolId, long startMs, long endMs, CancellationToken cancel)
    {
        var rows = await _connection.RowsAsync(
            """
            SELECT account_id, sum(work_sum) FROM share_slices
            WHERE pool_id = $1 AND slice_ms >= $2 AND slice_ms < $3 GROUP BY account_id
            """,
            [poolId, startMs, endMs],
            row => (Account: row.GetInt64(0), Work: row.GetUInt128(1)),
            cancel,
            Sql.Unlimited);
        return rows.ToDictionary(row => row.Account, row => row.Work);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<SharePage> SharesAsync(
        int poolId, long startMs, long endMs, [EnumeratorCancellation] CancellationToken cancel)
    {
        var chunks = await ChunksAsync(poolId, startMs, endMs, cancel);
        var page = new SharePage();
        var next = chunks.Count > 0 ? BytesAsync(poolId, chunks[0], cancel) : null;
        for (var i = 0; i < chunks.Count; i++)
        {
            var (chunk, bytes) = (chunks[i], await next!);
            var accounts = bytes[0] == ShareChunk.Version ? null : await EntryAccountsAsync(bytes, cancel);
            // The next row is on its way while this one is read.
            if (i + 1 < chunks.Count) next = BytesAsync(poolId, chunks[i + 1], cancel);
            page.Begin(chunk.EngineId, chunk.Epoch);
            if (accounts is null) ShareChunk.Read(bytes, (ulong)chunk.From, startMs, endMs, page);
            else ReadEntries(bytes, (ulong)chunk.From, startMs, endMs, accounts, page);
            yield return page;
        }
    }

    private Task<List<WorkSpan>> PageAsync(int poolId, long untilMs, long endMs, long startMs, CancellationToken cancel) =>
        _connection.RowsAsync(
            $"""
            SELECT slice_ms, slice_ms + length_ms, work_sum FROM pool_slices
            WHERE pool_id = $1 AND slice_ms <= $2 AND (slice_ms + length_ms <= $3) AND (slice_ms + length_ms, slice_ms) < ($3, $4)
            ORDER BY slice_ms + length_ms DESC, slice_ms DESC LIMIT {PageRows}
            """,
            [poolId, untilMs, endMs, startMs],
            row => new WorkSpan(row.GetInt64(0), row.GetInt64(1), row.GetUInt128(2)),
            cancel);

    private Task<List<ChunkKey>> ChunksAsync(int poolId, long startMs, long endMs, CancellationToken cancel) => _connection.RowsAsync(
        """
        SELECT r.source_id, r.from_sequence, r.first_ms, s.engine_id, s.epoch
        FROM raw_entries r JOIN sources s USING (source_id)
        WHERE r.pool_id = $1 AND r.first_ms < $3 AND r.last_ms >= $2
        """,
        [poolId, startMs, endMs],
        row => new ChunkKey(
            row.GetInt32(0), row.GetInt64(1), row.GetInt64(2), row.GetInt32(3), Convert.ToUInt64(row.GetString(4), 16)),
        cancel,
        Sql.Unlimited);

    private async Task<byte[]> BytesAsync(int poolId, ChunkKey chunk, CancellationToken cancel) =>
        await _connection.ScalarAsync<byte[]>(
            "SELECT entries FROM raw_entries WHERE pool_id = $1 AND source_id = $2 AND from_sequence = $3 AND first_ms = $4",
            [poolId, chunk.SourceId, chunk.From, chunk.FirstMs],
            cancel)
        ?? throw new InvalidOperationException($"the shares of source {chunk.SourceId} from sequence {chunk.From} on are gone");

    /// <summary>Whole entries, as rows of before migration 007 keep them.</summary>
    private static IEnumerable<Entry> Entries(byte[] bytes)
    {
        for (var at = 0; at < bytes.Length;)
        {
            var status = EntryReader.TryRead(bytes.AsSpan(at), out var entry, out var consumed);
            if (status != EntryStatus.Ok) throw new InvalidOperationException($"stored entries are {status} at byte {at}");
            at += consumed;
            yield return entry!;
        }
    }

    private async Task<Dictionary<string, long>> EntryAccountsAsync(byte[] bytes, CancellationToken cancel)
    {
        string[] names = [.. Entries(bytes).SelectMany(entry => entry.Names).Select(name => StratumName.Parse(name).Account).Distinct()];
        return (await _connection.RowsAsync(
            "SELECT name, account_id FROM accounts WHERE name = ANY($1)",
            [names],
            row => (row.GetString(0), row.GetInt64(1)),
            cancel)).ToDictionary();
    }

    private static void ReadEntries(
        byte[] bytes, ulong fromSequence, long startMs, long endMs, Dictionary<string, long> accounts, SharePage page)
    {
        foreach (var entry in Entries(bytes))
        {
            var ids = Array.ConvertAll(entry.Names, name => accounts[StratumName.Parse(name).Account]);
            for (var i = 0; i < entry.Shares.Length; i++)
            {
                var share = entry.Shares[i];
                var ms = entry.Header.UtcMs + share.OffsetMs;
                var sequence = entry.Header.FirstSequence + (ulong)i;
                if (sequence < fromSequence || ms < startMs || ms >= endMs) continue;
                page.AddKind(new ShareKind(ids[share.NameIndex], share.Work));
                page.Reserve(1)[0] = new PageShare(ms, sequence, page.Kinds.Count - 1);
                page.Take(1);
            }
        }
    }

    private sealed record ChunkKey(int SourceId, long From, long FirstMs, int EngineId, ulong Epoch);
}
