using System.Collections;
using Npgsql;
using Viddhana.Backoffice.Shares;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Bench.Ledger;

/// <summary>Holds what is stored against what was made: the sums of every account, and the single shares.</summary>
internal static class LedgerCheck
{
    /// <summary>What is wrong, in words; null if nothing is.</summary>
    public static async Task<string?> RunAsync(NpgsqlDataSource database, LedgerLoad load)
    {
        var stored = (await database.RowsAsync(
            "SELECT a.name, sum(s.shares)::bigint, sum(s.work_sum) FROM share_slices s JOIN accounts a USING (account_id) GROUP BY 1",
            [],
            row => (Name: row.GetString(0), Sums: (Shares: row.GetInt64(1), Work: row.GetUInt128(2))),
            CancellationToken.None)).ToDictionary(row => row.Name, row => row.Sums);
        for (var worker = 0; worker < load.Expected.Length; worker++)
        {
            var name = LedgerLoad.AccountOf(worker);
            var sums = stored.GetValueOrDefault(name);
            if (sums != load.Expected[worker]) return $"{name} has {sums}, not {load.Expected[worker]}";
        }

        return await CheckBestsAsync(database, load) ?? await CheckSinglesAsync(database, load);
    }

    private static async Task<string?> CheckBestsAsync(NpgsqlDataSource database, LedgerLoad load)
    {
        var stored = (await database.RowsAsync(
            "SELECT a.name, max(b.work) FROM best_shares b JOIN accounts a USING (account_id) GROUP BY 1",
            [],
            row => (Name: row.GetString(0), Work: row.GetDouble(1)),
            CancellationToken.None)).ToDictionary(row => row.Name, row => row.Work);
        for (var worker = 0; worker < load.Best.Length; worker++)
        {
            var best = stored.GetValueOrDefault(LedgerLoad.AccountOf(worker));
            if (best != load.Best[worker]) return $"{LedgerLoad.AccountOf(worker)} has a best share of {best}, not {load.Best[worker]}";
        }

        return null;
    }

    private static async Task<string?> CheckSinglesAsync(NpgsqlDataSource database, LedgerLoad load)
    {
        var seen = new BitArray((int)load.Shares + 1);
        UInt128 work = 0;
        var count = 0L;
        await using var history = await ShareHistory.OpenAsync(database, CancellationToken.None);
        await foreach (var page in history.SharesAsync(1, 0, long.MaxValue, CancellationToken.None))
        {
            foreach (var share in page.Shares)
            {
                if (seen[(int)share.Sequence]) return $"sequence {share.Sequence} is stored twice";
                seen[(int)share.Sequence] = true;
                work += page.Kinds[share.Kind].Work;
            }

            count += page.Shares.Length;
        }

        foreach (var (_, expected) in load.Expected) work -= expected;
        return count == load.Shares && work == 0
            ? null
            : $"{count} single shares of {load.Shares} are stored, their work differs by {work}";
    }
}
