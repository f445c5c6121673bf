using System.Numerics;
using Npgsql;
using NpgsqlTypes;
using Viddhana.Backoffice.Blocks;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts;

namespace Viddhana.Backoffice.Shares;

/// <summary>
/// Writes entries whose turn has come: one transaction with their data and the marks of their sources. Either both are stored or neither,
/// so that nothing counts twice and nothing is lost, whatever dies in between.
/// </summary>
public sealed class ShareStore(NpgsqlDataSource database, PoolBook pools, int sliceMs)
{
    private readonly AccountBook _accounts = new(database);
    private readonly Partitions _partitions = new(database);
    private readonly Dictionary<string, int> _poolIds = new(StringComparer.Ordinal);
    private readonly Dictionary<SourceKey, int> _sourceIds = [];

    /// <summary>All marks.</summary>
    public async Task<Dictionary<SourceKey, ulong>> ReadMarksAsync(CancellationToken cancel)
    {
        var rows = await database.RowsAsync(
            "SELECT engine_id, epoch, last_sequence, source_id FROM sources",
            [],
            row => (
                Key: new SourceKey(row.GetInt32(0), Convert.ToUInt64(row.GetString(1), 16)),
                Mark: (ulong)row.GetInt64(2),
                Id: row.GetInt32(3)),
            cancel);
        foreach (var row in rows) _sourceIds[row.Key] = row.Id;
        return rows.ToDictionary(row => row.Key, row => row.Mark);
    }

    /// <summary>
    /// Makes sources known of which nothing is committed yet: blocks must wait for them, and an operator can skip their gap.
    /// </summary>
    public async Task RegisterAsync(IReadOnlyCollection<SourceKey> sources, CancellationToken cancel)
    {
        if (sources.All(_sourceIds.ContainsKey)) return;
        await using var connection = await database.OpenConnectionAsync(cancel);
        foreach (var source in sources.Where(source => !_sourceIds.ContainsKey(source)))
            _sourceIds[source] = await MakeSourceAsync(connection, source, cancel);
    }

    /// <summary>Stores entries, each source's in the order of its sequences; returns how many shares that were.</summary>
    /// <exception cref="MarkMovedException">A mark is not where the first entry of its source begins: someone else has moved
    /// it.</exception>
    public async Task<long> CommitAsync(IReadOnlyList<ReadyEntry> entries, CancellationToken cancel)
    {
        await PrepareAsync(entries, cancel);
        var totals = Sum(entries);
        await _partitions.EnsureAsync(totals.Times(), cancel);

        await database.InTransactionAsync(
            async connection =>
            {
                await CheckMarksAsync(connection, entries, cancel);
                await WriteRawAsync(connection, totals, cancel);
                await WriteSharesAsync(connection, totals, cancel);
                await WriteRejectsAsync(connection, totals, cancel);
                await WritePoolSlicesAsync(connection, totals, cancel);
                await WriteBlocksAsync(connection, totals, cancel);
                await WriteMarksAsync(connection, totals.Marks, cancel);
                return 0;
            },
            cancel);
        return totals.ShareCount;
    }

    /// <summary>Keeps bytes that are no entries.</summary>
    public async Task KeepDamagedAsync(string origin, byte[] bytes, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await connection.RunAsync("INSERT INTO damaged_messages (origin, bytes) VALUES ($1, $2)", [origin, bytes], cancel);
    }

    /// <summary>Notes up to when sources are known to be complete.</summary>
    public async Task SetCompleteAsync(IReadOnlyDictionary<SourceKey, long> complete, CancellationToken cancel)
    {
        var known = complete.Where(entry => _sourceIds.ContainsKey(entry.Key)).ToList();
        if (known.Count == 0) return;

        int[] ids = [.. known.Select(entry => _sourceIds[entry.Key])];
        long[] times = [.. known.Select(entry => entry.Value)];
        await using var connection = await database.OpenConnectionAsync(cancel);
        await connection.RunAsync(
            "UPDATE sources s SET complete_ms = c.ms FROM unnest($1, $2) AS c(id, ms) WHERE s.source_id = c.id AND s.complete_ms < c.ms",
            [ids, times],
            cancel);
    }

    private static SourceKey SourceOf(in EntryHeader header) => new(header.EngineId, header.Epoch);

    /// <summary>Numbers for all pools, sources, accounts and workers that the entries name.</summary>
    private async Task PrepareAsync(IReadOnlyList<ReadyEntry> entries, CancellationToken cancel)
    {
        await using (var connection = await database.OpenConnectionAsync(cancel))
        {
            foreach (var pool in entries.Select(ready => ready.Entry.Header.Pool).Distinct().Where(pool => !_poolIds.ContainsKey(pool)))
                _poolIds[pool] = pools.ByName(pool)?.PoolId ?? await MakePoolAsync(connection, pool, cancel);
        }

        await RegisterAsync([.. entries.Select(ready => SourceOf(ready.Entry.Header)).Distinct()], cancel);
        _accounts.Trim();
        foreach (var group in entries.GroupBy(ready => ready.Entry.Header.Pool))
        {
            var names = group.SelectMany(
                ready => ready.Entry.Found is { } found ? [found.Worker] : ready.Entry.Names).ToHashSet(StringComparer.Ordinal);
            if (names.Count > 0) await _accounts.ResolveAsync(pools.ByName(group.Key), names, cancel);
        }
    }

    private static Task<int> MakePoolAsync(NpgsqlConnection connection, string name, CancellationToken cancel) =>
        connection.ScalarAsync<int>(
            "INSERT INTO pools (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING pool_id", [name], cancel);

    private static Task<int> MakeSourceAsync(NpgsqlConnection connection, SourceKey source, CancellationToken cancel) =>
        connection.ScalarAsync<int>(
            """
            INSERT INTO sources (engine_id, epoch) VALUES ($1, $2)
            ON CONFLICT (engine_id, epoch) DO UPDATE SET engine_id = excluded.engine_id RETURNING source_id
            """,
            [source.EngineId, $"{source.Epoch:x16}"],
            cancel);

    private BatchTotals Sum(IReadOnlyList<ReadyEntry> entries)
    {
        var totals = new BatchTotals(sliceMs);
        foreach (var ready in entries)
        {
            var header = ready.Entry.Header;
            var source = SourceOf(header);
            var (poolId, sourceId) = (_poolIds[header.Pool], _sourceIds[source]);
            var timeMs = header.UtcMs;
            if (header.Kind == EntryKind.Shares) timeMs = totals.Add(ready, poolId, sourceId, _accounts);
            if (ready.Entry.Found is { } found) totals.Blocks.Add(NewBlock(found, header, poolId, sourceId, totals));
            if (ready.Entry.Verdict is { } verdict)
                totals.Blocks.Add(new BlockRecord { PoolId = poolId, Verdict = verdict, AtMs = header.UtcMs });
            totals.Marks[source] = (header.LastSequence, Math.Max(timeMs, totals.Marks.GetValueOrDefault(source).TimeMs));
        }

        return totals;
    }

    private BlockRecord NewBlock(BlockFound found, in EntryHeader header, int poolId, int sourceId, BatchTotals totals)
    {
        var worker = _accounts[found.Worker];
        var isFirst = !totals.Blocks.Exists(block => block.PoolId == poolId && block.Found is not null);
        totals.RoundWork.Remove(poolId, out var roundWork);
        return new BlockRecord
        {
            PoolId = poolId,
            Pool = pools.ById(poolId),
            Found = found,
            SourceId = sourceId,
            // A candidate that was no credited share begins its window at its own record, which follows the shares of its round.
            ShareSequence = found.ShareSequence > 0 ? found.ShareSequence : header.FirstSequence,
            AccountId = worker.AccountId,
            WorkerId = worker.WorkerId,
            RoundWork = roundWork,
            IsFirstOfBatch = isFirst,
            AtMs = header.UtcMs,
        };
    }

    /// <summary>Locks the sources' rows, so that two consumers cannot both store the same sequences.</summary>
    private async Task CheckMarksAsync(NpgsqlConnection connection, IReadOnlyList<ReadyEntry> entries, CancellationToken cancel)
    {
        var firsts = entries.GroupBy(ready => _sourceIds[SourceOf(ready.Entry.Header)]).ToDictionary(
            group => group.Key, group => group.First().FromSequence);
        var marks = await connection.RowsAsync(
            "SELECT source_id, last_sequence FROM sources WHERE source_id = ANY($1) ORDER BY source_id FOR UPDATE",
            [firsts.Keys.ToArray()],
            row => (Id: row.GetInt32(0), Mark: (ulong)row.GetInt64(1)),
            cancel);
        foreach (var (id, mark) in marks)
            if (mark + 1 != firsts[id])
                throw new MarkMovedException($"the mark of source {id} is {mark}, the next entry applies from {firsts[id]}");
    }

    private static async Task WriteRawAsync(NpgsqlConnection connection, BatchTotals totals, CancellationToken cancel)
    {
        if (totals.Chunks.Count == 0) return;
        await using var copy = await connection.BeginBinaryImportAsync(
            "COPY raw_entries (pool_id, source_id, from_sequence, first_ms, last_ms, entries) FROM STDIN (FORMAT BINARY)", cancel);
        foreach (var chunk in totals.Chunks)
        {
            await copy.StartRowAsync(cancel);
            await copy.WriteAsync(chunk.PoolId, NpgsqlDbType.Integer, cancel);
            await copy.WriteAsync(chunk.SourceId, NpgsqlDbType.Integer, cancel);
            await copy.WriteAsync((long)chunk.FromSequence, NpgsqlDbType.Bigint, cancel);
            await copy.WriteAsync(chunk.FirstMs, NpgsqlDbType.Bigint, cancel);
            await copy.WriteAsync(chunk.LastMs, NpgsqlDbType.Bigint, cancel);
            await copy.WriteAsync(chunk.Bytes.ToArray(), NpgsqlDbType.Bytea, cancel);
        }

        await copy.CompleteAsync(cancel);
    }

    private async Task WriteSharesAsync(NpgsqlConnection connection, BatchTotals totals, CancellationToken cancel)
    {
        if (totals.Shares.Count == 0) return;
        var rows = InOrder(totals.Shares);
        await AddToSlicesAsync(connection, "share_slices", "work", rows, work => (decimal)work, cancel);
        await WriteLastSeenAsync(connection, rows, cancel);
    }

    private async Task WriteRejectsAsync(NpgsqlConnection connection, BatchTotals totals, CancellationToken cancel)
    {
        if (totals.Rejects.Count == 0) return;
        await AddToSlicesAsync(connection, "reject_slices", "reason", InOrder(totals.Rejects), reason => (short)reason, cancel);
    }

    /// <summary>In one order whoever writes, and in that of the tables' keys.</summary>
    private static KeyValuePair<BatchTotals.SliceKey<TKind>, long>[] InOrder<TKind>(Dictionary<BatchTotals.SliceKey<TKind>, long> rows) =>
        [.. rows.OrderBy(row => row.Key.SliceMs).ThenBy(row => row.Key.Worker.WorkerId)];

    /// <summary>Adds counts to a table of slices; <paramref name="column"/> is the last of its key.</summary>
    private Task<int> AddToSlicesAsync<TKind, TColumn>(
        NpgsqlConnection connection,
        string table,
        string column,
        KeyValuePair<BatchTotals.SliceKey<TKind>, long>[] rows,
        Func<TKind, TColumn> convert,
        CancellationToken cancel) => connection.RunAsync(
            $"""
            INSERT INTO {table} AS s (pool_id, slice_ms, length_ms, account_id, worker_id, {column}, shares)
            SELECT pool_id, slice_ms, $7, account_id, worker_id, {column}, shares
            FROM unnest($1, $2, $3, $4, $5, $6) AS n(pool_id, slice_ms, account_id, worker_id, {column}, shares)
            ON CONFLICT (pool_id, slice_ms, length_ms, worker_id, {column}) DO UPDATE SET shares = s.shares + excluded.shares
            """,
            [
                Array.ConvertAll(rows, row => row.Key.PoolId),
                Array.ConvertAll(rows, row => row.Key.SliceMs),
                Array.ConvertAll(rows, row => row.Key.Worker.AccountId),
                Array.ConvertAll(rows, row => row.Key.Worker.WorkerId),
                Array.ConvertAll(rows, row => convert(row.Key.Kind)),
                Array.ConvertAll(rows, row => row.Value),
                sliceMs,
            ],
            cancel);

    private static async Task WriteLastSeenAsync(
        NpgsqlConnection connection, KeyValuePair<BatchTotals.SliceKey<ulong>, long>[] rows, CancellationToken cancel)
    {
        var newer = rows.Where(row => row.Key.SliceMs > row.Key.Worker.LastSeenSliceMs).GroupBy(row => row.Key.Worker)
            .Select(group => (Worker: group.Key, SliceMs: group.Max(row => row.Key.SliceMs))).ToList();
        if (newer.Count == 0) return;

        long[] ids = [.. newer.Select(seen => seen.Worker.WorkerId)];
        long[] times = [.. newer.Select(seen => seen.SliceMs)];
        await connection.RunAsync(
            """
            UPDATE workers w SET last_share_ms = n.ms FROM unnest($1, $2) AS n(id, ms)
            WHERE w.worker_id = n.id AND w.last_share_ms < n.ms
            """,
            [ids, times],
            cancel);
        foreach (var (worker, slice) in newer) worker.LastSeenSliceMs = slice;
    }

    private async Task WritePoolSlicesAsync(NpgsqlConnection connection, BatchTotals totals, CancellationToken cancel)
    {
        var slices = PoolSlice.Of(totals);
        if (slices.Length > 0)
            await connection.RunAsync(
                """
                INSERT INTO pool_slices AS s (pool_id, slice_ms, length_ms, shares, work_sum, stale, duplicate, lowdiff, invalid)
                SELECT pool_id, slice_ms, $9, shares, work_sum, stale, duplicate, lowdiff, invalid
                FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) AS n(pool_id, slice_ms, shares, work_sum, stale, duplicate, lowdiff, invalid)
                ON CONFLICT (pool_id, slice_ms, length_ms) DO UPDATE SET
                    shares = s.shares + excluded.shares, work_sum = s.work_sum + excluded.work_sum, stale = s.stale + excluded.stale,
                    duplicate = s.duplicate + excluded.duplicate, lowdiff = s.lowdiff + excluded.lowdiff,
                    invalid = s.invalid + excluded.invalid
                """,
                [
                    Array.ConvertAll(slices, slice => slice.PoolId),
                    Array.ConvertAll(slices, slice => slice.SliceMs),
                    Array.ConvertAll(slices, slice => slice.Shares),
                    Array.ConvertAll(slices, slice => (BigInteger)slice.Work),
                    Array.ConvertAll(slices, slice => slice.Stale),
                    Array.ConvertAll(slices, slice => slice.Duplicate),
                    Array.ConvertAll(slices, slice => slice.LowDifficulty),
                    Array.ConvertAll(slices, slice => slice.Invalid),
                    sliceMs,
                ],
                cancel);
        foreach (var (poolId, tip) in totals.Tips)
            await connection.RunAsync(
                "UPDATE pools SET tip_nbits = $2, tip_height = $3, tip_ms = $4 WHERE pool_id = $1 AND tip_ms <= $4",
                [poolId, (long)tip.Nbits, (long)tip.Height, tip.Ms],
                cancel);
    }

    private static async Task WriteBlocksAsync(NpgsqlConnection connection, BatchTotals totals, CancellationToken cancel)
    {
        foreach (var block in totals.Blocks) await BlockStore.InsertAsync(connection, block, cancel);
        foreach (var (poolId, work) in totals.RoundWork)
            await connection.RunAsync(
                "UPDATE pools SET round_work = round_work + $2 WHERE pool_id = $1", [poolId, (BigInteger)work], cancel);
    }

    /// <summary>A journal that was released and comes back all the same is waited for again.</summary>
    private async Task WriteMarksAsync(
        NpgsqlConnection connection, Dictionary<SourceKey, (ulong Last, long TimeMs)> marks, CancellationToken cancel)
    {
        int[] ids = [.. marks.Keys.Select(source => _sourceIds[source])];
        long[] lasts = [.. marks.Values.Select(mark => (long)mark.Last)];
        long[] times = [.. marks.Values.Select(mark => mark.TimeMs)];
        await connection.RunAsync(
            """
            UPDATE sources s
            SET last_sequence = m.last, last_time_ms = greatest(s.last_time_ms, m.ms), last_commit_at = now(), released_at = NULL
            FROM unnest($1, $2, $3) AS m(id, last, ms) WHERE s.source_id = m.id
            """,
            [ids, lasts, times],
            cancel);
    }
}

/// <summary>Another consumer, or an operator, has moved a mark: what is in memory is outdated.</summary>
public sealed class MarkMovedException(string message) : IOException(message);
