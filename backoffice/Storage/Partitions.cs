using System.Globalization;
using Npgsql;

namespace Viddhana.Backoffice.Storage;

/// <summary>
/// The partitions of a table by UTC day of a millisecond column: made before they are needed, dropped when nothing needs them.
/// </summary>
public sealed class Partitions(NpgsqlDataSource database)
{
    private const long DayMs = 86_400_000;
    private const string DateFormat = "yyyyMMdd";

    private static readonly int EpochDay = DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;

    /// <summary>Advisory lock of those who make partitions ("VIDDPART" as bytes).</summary>
    private const long LockKey = 0x5649_4444_5041_5254;

    /// <summary>
    /// Rows of slices are updated many times while their slice lasts; room in their pages keeps these updates off the indexes.
    /// </summary>
    private static readonly (string Name, string Storage)[] Tables =
    [
        ("raw_entries", ""), ("share_slices", "WITH (fillfactor = 50)"), ("reject_slices", "WITH (fillfactor = 50)"),
    ];

    private readonly HashSet<long> _days = [];

    /// <summary>Makes the partitions for these times, in all partitioned tables.</summary>
    public async Task EnsureAsync(IEnumerable<long> times, CancellationToken cancel)
    {
        long[] missing = [.. times.Select(DayOf).Distinct().Where(day => !_days.Contains(day))];
        if (missing.Length == 0) return;

        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        // IF NOT EXISTS fails when two make the same table at once.
        await connection.RunAsync($"SELECT pg_advisory_xact_lock({LockKey})", [], cancel);
        foreach (var day in missing)
        {
            var values = $"FROM ({day * DayMs}) TO ({(day + 1) * DayMs})";
            foreach (var (table, storage) in Tables)
                await connection.RunAsync(
                    $"CREATE TABLE IF NOT EXISTS {table}_{Name(day)} PARTITION OF {table} FOR VALUES {values} {storage}", [], cancel);
        }

        await transaction.CommitAsync(cancel);
        _days.UnionWith(missing);
        // Older ones may be dropped by retention at any time: they are made sure of whenever something comes for them.
        var newest = _days.Max();
        _days.RemoveWhere(day => day < newest - 1);
    }

    /// <summary>The partitions of a table with the times they begin and end.</summary>
    public async Task<IReadOnlyList<(string Name, long StartMs, long EndMs)>> ListAsync(string table, CancellationToken cancel)
    {
        var names = await database.RowsAsync(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = $1::regclass ORDER BY 1",
            [table],
            row => row.GetString(0),
            cancel);
        return
        [
            .. from name in names
               let day = DayOf(name)
               select (name, day * DayMs, (day + 1) * DayMs),
        ];
    }

    /// <summary>Drops one of <see cref="ListAsync"/>.</summary>
    public async Task DropAsync(string partition, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await connection.RunAsync($"DROP TABLE IF EXISTS {partition}", [], cancel);
        _days.Remove(DayOf(partition));
    }

    private static long DayOf(long ms) => ms / DayMs;

    private static long DayOf(string partition)
    {
        var date = partition[(partition.LastIndexOf('_') + 1)..];
        return DateOnly.ParseExact(date, DateFormat, CultureInfo.InvariantCulture).DayNumber - EpochDay;
    }

    private static string Name(long day) => DateOnly.FromDayNumber((int)day + EpochDay).ToString(DateFormat, CultureInfo.InvariantCulture);
}
