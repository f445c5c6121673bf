using System.Numerics;
using System.Text;
using Npgsql;
using NpgsqlTypes;
using Viddhana.Backoffice.Blocks;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts;

namespace Viddhana.Backoffice.Shares;

/// <summary>
/// Writes entries whose turn has come: one transaction with their data and the marks of their sources. Either both are stored or neither,
/// so that nothing counts twice and nothing is lost, whatever dies in between. The next batch may be prepared while one is written; what
/// is written has one order. After a failure a store is not used again.
/// </summary>
public sealed class ShareStore(NpgsqlDataSource database, PoolBook pools, int sliceMs)
{
    private readonly AccountBook _accounts = new(database);
    private readonly Partitions _partitions = new(database);
    private readonly Dictionary<string, NamedPool> _pools = new(StringComparer.Ordinal);
    private readonly Dictionary<SourceKey, int> _sourceIds = [];
    private WorkerEntry[] _workers = new WorkerEntry[256];

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
    public async Task<long> CommitAsync(IReadOnlyList<ReadyEntry> entries, CancellationToken cancel)
    {
        var batch = await PrepareAsync(entries, cancel);
        await WriteAsync(batch, cancel);
        return batch.ShareCount;
    }

    /// <summary>Sums entries up, each source's in the order of its sequences, and makes all that they name known.</summary>
    internal async Task<ShareBatch> PrepareAsync(IReadOnlyList<ReadyEntry> entries, CancellationToken cancel)
    {
        await NamePoolsAsync(entries, cancel);
        await RegisterAsync([.. entries.Select(ready => ready.Source).Distinct()], cancel);
        _accounts.Trim();
        foreach (var (pool, names) in UnknownNames(entries)) await _accounts.AddAsync(pool, names, cancel);
        var batch = Sum(entries);
        await _partitions.EnsureAsync(batch.Times(), cancel);
        return batch;
    }

    /// <summary>Stores a batch.</summary>
    /// <exception cref="MarkMovedException">A mark is not where the batch begins: someone else has moved it.</exception>
    internal Task WriteAsync(ShareBatch batch, CancellationToken cancel) => database.InTransactionAsync(
        async connection =>
        {
            await CheckMarksAsync(connection, batch, cancel);
            await WriteChunksAsync(connection, batch, cancel);
            await WriteSharesAsync(connection, batch, cancel);
            await WriteRejectsAsync(connection, batch, cancel);
            await WritePoolSlicesAsync(connection, batch, cancel);
            await BestShareStore.WriteAsync(connection, batch.BestEver, batch.BestOfDay, cancel);
            await WriteBlocksAsync(connection, batch, cancel);
            await WriteMarksAsync(connection, batch, cancel);
            return 0;
        },
        cancel);

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

    private async Task NamePoolsAsync(IReadOnlyList<ReadyEntry> entries, CancellationToken cancel)
    {
        string[] unknown = [.. entries.Select(ready => ready.Header.Pool).Where(name => !_pools.ContainsKey(name)).Distinct()];
        if (unknown.Length == 0) return;

        await using var connection = await database.OpenConnectionAsync(cancel);
        foreach (var name in unknown)
        {
            var known = pools.ByName(name);
            _pools[name] = new NamedPool(known?.PoolId ?? await MakePoolAsync(connection, name, cancel), known);
        }
    }

    private Dictionary<NamedPool, HashSet<byte[]>> UnknownNames(IReadOnlyList<ReadyEntry> entries)
    {
        var unknown = new Dictionary<NamedPool, HashSet<byte[]>>();
        foreach (var ready in entries)
        {
            var pool = _pools[ready.Header.Pool];
            if (EntryShares.TryRead(ready.Bytes.Span, ready.Header, out var body))
            {
                for (var at = 0; body.TryNextName(ref at, out var name);) Note(pool, name);
            }
            else if (RecordOf(ready).Found is { } found)
            {
                Note(pool, Encoding.UTF8.GetBytes(found.Worker));
            }
        }

        return unknown;

        void Note(NamedPool pool, ReadOnlySpan<byte> name)
        {
            if (_accounts.Find(pool.PoolId, name) is not null) return;
            if (!unknown.TryGetValue(pool, out var names)) unknown.Add(pool, names = new HashSet<byte[]>(NameTable.Bytes.Comparer));
            names.Add(name.ToArray());
        }
    }

    private static Entry RecordOf(in ReadyEntry ready)
    {
        EntryReader.TryRead(ready.Bytes.Span, out var entry, out _);
        return entry ?? throw new InvalidOperationException($"{ready.Source}, sequence {ready.Header.FirstSequence}: no entry any more");
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

    private ShareBatch Sum(IReadOnlyList<ReadyEntry> entries)
    {
        var batch = new ShareBatch(sliceMs);
        foreach (var ready in entries)
        {
            var (poolId, sourceId) = (_pools[ready.Header.Pool].PoolId, _sourceIds[ready.Source]);
            var timeMs = ready.Header.UtcMs;
            if (EntryShares.TryRead(ready.Bytes.Span, ready.Header, out var body))
                timeMs = batch.AddShares(ready, body, poolId, sourceId, WorkersOf(body, poolId));
            else
                batch.Blocks.Add(NewRecord(RecordOf(ready), poolId, sourceId, batch));
            batch.AddEntry(ready, sourceId, timeMs);
        }

        return batch;
    }

    private ReadOnlySpan<WorkerEntry> WorkersOf(in EntryShares body, int poolId)
    {
        if (_workers.Length < body.NameCount) Array.Resize(ref _workers, body.NameCount);
        var at = 0;
        for (var i = 0; body.TryNextName(ref at, out var name); i++) _workers[i] = _accounts.Find(poolId, name)!;
        return _workers.AsSpan(0, body.NameCount);
    }

    private BlockRecord NewRecord(Entry entry, int poolId, int sourceId, ShareBatch batch)
    {
        var header = entry.Header;
        if (entry.Found is not { } found) return new BlockRecord { PoolId = poolId, Verdict = entry.Verdict, AtMs = header.UtcMs };

        var worker = _accounts.Find(poolId, Encoding.UTF8.GetBytes(found.Worker))!;
        var isFirst = !batch.Blocks.Exists(block => block.PoolId == poolId && block.Found is not null);
        batch.RoundWork.Remove(poolId, out var roundWork);
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
    private static async Task CheckMarksAsync(NpgsqlConnection connection, ShareBatch batch, CancellationToken cancel)
    {
        var firsts = batch.Sources.Values.ToDictionary(source => source.SourceId, source => source.From);
        var marks = await connection.RowsAsync(
            "SELECT source_id, last_sequence FROM sources WHERE source_id = ANY($1) ORDER BY source_id FOR UPDATE",
            [firsts.Keys.ToArray()],
            row => (Id: row.GetInt32(0), Mark: (ulong)row.GetInt64(1)),
            cancel);
        foreach (var (id, mark) in marks)
            if (mark + 1 != firsts[id])
                throw new MarkMovedException($"the mark of source {id} is {mark}, the next entry applies from {firsts[id]}");
    }

    private static async Task WriteChunksAsync(NpgsqlConnection connection, ShareBatch batch, CancellationToken cancel)
    {
        if (batch.Chunks.Count == 0) return;
        await using var copy = await connection.BeginBinaryImportAsync(
            "COPY raw_entries (pool_id, source_id, from_sequence, first_ms, last_ms, entries) FROM STDIN (FORMAT BINARY)", cancel);
        foreach (var chunk in batch.Chunks)
        {
            await copy.StartRowAsync(cancel);
            await copy.WriteAsync(chunk.PoolId, NpgsqlDbType.Integer, cancel);
            await copy.WriteAsync(chunk.SourceId, NpgsqlDbType.Integer, cancel);
            await copy.WriteAsync((long)chunk.FromSequence, NpgsqlDbType.Bigint, cancel);
            await copy.WriteAsync(chunk.FirstMs, NpgsqlDbType.Bigint, cancel);
            await copy.WriteAsync(chunk.LastMs, NpgsqlDbType.Bigint, cancel);
            await copy.WriteAsync(chunk.ToBytes(), NpgsqlDbType.Bytea, cancel);
        }

        await copy.CompleteAsync(cancel);
    }

    private async Task WriteSharesAsync(NpgsqlConnection connection, ShareBatch batch, CancellationToken cancel)
    {
        if (batch.Shares.Count == 0) return;
        var rows = InOrder(batch.Shares);
        await AddToSlicesAsync(connection, "share_slices", "work", rows, work => (decimal)work, cancel);
        await WriteLastSeenAsync(connection, rows, cancel);
    }

    private async Task WriteRejectsAsync(NpgsqlConnection connection, ShareBatch batch, CancellationToken cancel)
    {
        if (batch.Rejects.Count == 0) return;
        await AddToSlicesAsync(connection, "reject_slices", "reason", InOrder(batch.Rejects), reason => (short)reason, cancel);
    }

    /// <summary>In one order whoever writes, and in that of the tables' keys.</summary>
    private static KeyValuePair<ShareBatch.SliceKey<TKind>, long>[] InOrder<TKind>(Dictionary<ShareBatch.SliceKey<TKind>, long> rows) =>
        [.. rows.OrderBy(row => row.Key.SliceMs).ThenBy(row => row.Key.Worker.WorkerId)];

    /// <summary>Adds counts to a table of slices; <paramref name="column"/> is the last of its key.</summary>
    private Task<int> AddToSlicesAsync<TKind, TColumn>(
        NpgsqlConnection connection,
        string table,
        string column,
        KeyValuePair<ShareBatch.SliceKey<TKind>, long>[] rows,
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
        NpgsqlConnection connection, KeyValuePair<ShareBatch.SliceKey<ulong>, long>[] rows, CancellationToken cancel)
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

    private async Task WritePoolSlicesAsync(NpgsqlConnection connection, ShareBatch batch, CancellationToken cancel)
    {
        var slices = PoolSlice.Of(batch);
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
        foreach (var (poolId, tip) in batch.Tips)
            await connection.RunAsync(
                "UPDATE pools SET tip_nbits = $2, tip_height = $3, tip_ms = $4 WHERE pool_id = $1 AND tip_ms <= $4",
                [poolId, (long)tip.Nbits, (long)tip.Height, tip.Ms],
                cancel);
    }

    private static async Task WriteBlocksAsync(NpgsqlConnection connection, ShareBatch batch, CancellationToken cancel)
    {
        foreach (var block in batch.Blocks) await BlockStore.InsertAsync(connection, block, cancel);
        foreach (var (poolId, work) in batch.RoundWork)
            await connection.RunAsync(
                "UPDATE pools SET round_work = round_work + $2 WHERE pool_id = $1", [poolId, (BigInteger)work], cancel);
    }

    /// <summary>A journal that was released and comes back all the same is waited for again.</summary>
    private static Task<int> WriteMarksAsync(NpgsqlConnection connection, ShareBatch batch, CancellationToken cancel)
    {
        SourceProgress[] sources = [.. batch.Sources.Values];
        return connection.RunAsync(
            """
            UPDATE sources s
            SET last_sequence = m.last, last_time_ms = greatest(s.last_time_ms, m.ms), last_commit_at = now(), released_at = NULL
            FROM unnest($1, $2, $3) AS m(id, last, ms) WHERE s.source_id = m.id
            """,
            [
                Array.ConvertAll(sources, source => source.SourceId),
                Array.ConvertAll(sources, source => (long)source.Last),
                Array.ConvertAll(sources, source => source.TimeMs),
            ],
            cancel);
    }
}

/// <summary>Another consumer, or an operator, has moved a mark: what is in memory is outdated.</summary>
public sealed class MarkMovedException(string message) : IOException(message);
