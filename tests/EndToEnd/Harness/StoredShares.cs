using Dapper;
using Npgsql;

namespace Viddhana.Tests.EndToEnd.Harness;

/// <summary>
/// What the database holds of one journal at one moment: its mark, every single share by its sequence, and the sums that credits are
/// computed from. Reads the stored form with code of its own, as <c>backoffice/Shares/ShareChunk.cs</c> describes it.
/// </summary>
internal sealed record StoredShares(
    ulong Mark, Dictionary<ulong, RecordedShare> Shares, Dictionary<(string Worker, long SliceMs, decimal Work), long> Sums, long SliceMs)
{
    /// <summary>All in one snapshot. Fails if a sequence is stored twice.</summary>
    public static async Task<StoredShares> Read(string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var snapshot = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
        var mark = await connection.QuerySingleAsync<long>("SELECT last_sequence FROM sources");
        var workers = (await connection.QueryAsync<(long Id, string Account, string Name)>(
            "SELECT w.worker_id, a.name, w.name FROM workers w JOIN accounts a USING (account_id)"))
            .ToDictionary(w => w.Id, w => w.Name.Length == 0 ? w.Account : $"{w.Account}.{w.Name}");
        var shares = new Dictionary<ulong, RecordedShare>();
        foreach (var (from, bytes) in await connection.QueryAsync<(long, byte[])>("SELECT from_sequence, entries FROM raw_entries"))
            AddChunk((ulong)from, bytes, workers, shares);
        var sums = (await connection.QueryAsync<(long Worker, long SliceMs, decimal Work, long Shares)>(
            "SELECT worker_id, slice_ms, work, shares FROM share_slices"))
            .ToDictionary(row => (workers[row.Worker], row.SliceMs, row.Work), row => row.Shares);
        var sliceMs = await connection.QuerySingleAsync<int>("SELECT DISTINCT length_ms FROM share_slices");
        return new StoredShares((ulong)mark, shares, sums, sliceMs);
    }

    /// <summary>The sums as they follow from single shares.</summary>
    public Dictionary<(string Worker, long SliceMs, decimal Work), long> SumsOf(IEnumerable<RecordedShare> shares) => shares
        .GroupBy(share => (share.Worker, share.Ms / SliceMs * SliceMs, (decimal)share.Work))
        .ToDictionary(group => group.Key, group => group.LongCount());

    private static void AddChunk(ulong sequence, byte[] bytes, Dictionary<long, string> workers, Dictionary<ulong, RecordedShare> to)
    {
        Assert.That(bytes[0], Is.EqualTo(2), "version");
        var at = 1;
        var count = Number();
        var kinds = new (string Worker, ulong Work)[Number()];
        for (var i = 0; i < kinds.Length; i++)
        {
            var worker = workers[(long)Number()];
            Number();
            kinds[i] = (worker, Number());
        }

        var ms = 0L;
        for (; count > 0; count--, sequence++)
        {
            var head = Number();
            var delta = (long)(head >> 2);
            ms += (delta & 1) == 0 ? delta / 2 : -(delta + 1) / 2;
            if ((head & 2) != 0) sequence += Number();
            var (worker, work) = kinds[Number()];
            Assert.That(to.TryAdd(sequence, new RecordedShare(worker, ms, work)), $"sequence {sequence} is stored twice");
        }

        Assert.That(at, Is.EqualTo(bytes.Length - 4), "only the checksum follows");

        ulong Number()
        {
            var (value, shift) = (0ul, 0);
            while (bytes[at] >= 0x80) (value, shift) = (value | ((bytes[at++] & 0x7Ful) << shift), shift + 7);
            return value | ((ulong)bytes[at++] << shift);
        }
    }
}
