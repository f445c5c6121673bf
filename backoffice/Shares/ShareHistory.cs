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
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _snapshot;
    private readonly Dictionary<string, long> _accounts = new(StringComparer.Ordinal);

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
            cancel);
        return rows.ToDictionary(row => row.Account, row => row.Work);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<WindowShare> SharesAsync(
        int poolId, long startMs, long endMs, [EnumeratorCancellation] CancellationToken cancel)
    {
        var chunks = await _connection.RowsAsync(
            "SELECT source_id, from_sequence, first_ms FROM raw_entries WHERE pool_id = $1 AND first_ms < $3 AND last_ms >= $2",
            [poolId, startMs, endMs],
            row => (Source: row.GetInt32(0), From: row.GetInt64(1), FirstMs: row.GetInt64(2)),
            cancel);
        foreach (var chunk in chunks)
        {
            var bytes = await _connection.ScalarAsync<byte[]>(
                "SELECT entries FROM raw_entries WHERE pool_id = $1 AND source_id = $2 AND from_sequence = $3 AND first_ms = $4",
                [poolId, chunk.Source, chunk.From, chunk.FirstMs],
                cancel);
            foreach (var entry in Entries(bytes!))
            {
                var accounts = await AccountsAsync(poolId, entry.Names, cancel);
                for (var i = 0; i < entry.Shares.Length; i++)
                {
                    var share = entry.Shares[i];
                    var ms = entry.Header.UtcMs + share.OffsetMs;
                    var sequence = entry.Header.FirstSequence + (ulong)i;
                    if (sequence < (ulong)chunk.From || ms < startMs || ms >= endMs) continue;
                    var key = new ShareKey(ms, entry.Header.EngineId, entry.Header.Epoch, sequence);
                    yield return new WindowShare(key, accounts[share.NameIndex], share.Work);
                }
            }
        }
    }

    private const int PageRows = 2_000;

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

    private async Task<long[]> AccountsAsync(int poolId, string[] names, CancellationToken cancel)
    {
        string[] accounts = [.. names.Select(name => StratumName.Parse(name).Account)];
        string[] unknown = [.. accounts.Where(name => !_accounts.ContainsKey(name)).Distinct()];
        if (unknown.Length > 0)
        {
            var rows = await _connection.RowsAsync(
                "SELECT name, account_id FROM accounts WHERE name = ANY($1)",
                [unknown],
                row => (row.GetString(0), row.GetInt64(1)),
                cancel);
            foreach (var (name, id) in rows) _accounts[name] = id;
        }

        return [.. accounts.Select(name => _accounts[name])];
    }
}
