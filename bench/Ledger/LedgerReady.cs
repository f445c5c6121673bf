using System.Diagnostics;
using System.Globalization;
using System.Net;
using Npgsql;
using Viddhana.Backoffice.Shares;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Bench.Ledger;

/// <summary>How long the backoffice's program takes from its start until <c>/ready</c> says 200, on a database with a long past.</summary>
internal static class LedgerReady
{
    private const long MinuteMs = 60_000;
    private const long HourMs = 60 * MinuteMs;
    private const long DayMs = 24 * HourMs;
    private const int PatienceSeconds = 60;

    /// <summary>
    /// Fills in days before the load: a row for each worker, difficulty and hour, or minute on the days that are not rolled up yet, and a
    /// slice of the pool for each minute. Then starts the program, which starts PostgreSQL; then rolls up the days of minutes.
    /// </summary>
    /// <param name="machine">Where the load is stored.</param>
    /// <param name="database">Its database, which is closed here.</param>
    /// <param name="days">Days of hours.</param>
    /// <param name="minuteDays">Days of minutes, before those.</param>
    public static async Task<Past> RunAsync(LedgerMachine machine, NpgsqlDataSource database, int days, int minuteDays)
    {
        var loadMs = LedgerLoad.StartMs / DayMs * DayMs;
        var hoursMs = loadMs - (days * DayMs);
        var minutesMs = hoursMs - (minuteDays * DayMs);
        var rows = await FillAsync(database, (minutesMs, hoursMs), MinuteMs) + await FillAsync(database, (hoursMs, loadMs), HourMs);
        await database.DisposeAsync();
        machine.Postgres.Stop();
        var ready = await StartAsync(machine);
        return new Past(rows, ready, minuteDays > 0 ? await RollUpAsync(machine, hoursMs) : null);
    }

    private static async Task<double> RollUpAsync(LedgerMachine machine, long untilMs)
    {
        machine.RestartPostgres();
        await using var database = NpgsqlDataSource.Create(machine.Postgres.ConnectionString);
        var watch = Stopwatch.StartNew();
        var made = await SliceRollUp.RunAsync(database, new Partitions(database), untilMs, CancellationToken.None);
        if (made.Count == 0) throw new InvalidOperationException("there was nothing to roll up");
        return watch.Elapsed.TotalSeconds;
    }

    private static async Task<long> FillAsync(NpgsqlDataSource database, (long From, long To) time, long lengthMs)
    {
        if (time.From == time.To) return 0;
        var days = Enumerable.Range(0, (int)((time.To - time.From) / DayMs)).Select(day => time.From + (day * DayMs)).ToList();
        await new Partitions(database).EnsureAsync(days, CancellationToken.None);
        await using var connection = await database.OpenConnectionAsync();
        var rows = await connection.RowsAsync(
            $"""
            WITH w AS MATERIALIZED (
                SELECT DISTINCT account_id, worker_id, work FROM share_slices WHERE slice_ms >= {LedgerLoad.StartMs / DayMs * DayMs}),
            filled AS (
                INSERT INTO share_slices (pool_id, slice_ms, length_ms, account_id, worker_id, work, shares)
                SELECT 1, s, {lengthMs}, account_id, worker_id, work, {lengthMs / 1000}
                FROM generate_series({time.From}::bigint, {time.To - lengthMs}, {lengthMs}) s, w RETURNING 1)
            SELECT count(*) FROM filled
            """,
            [],
            row => row.GetInt64(0),
            CancellationToken.None,
            Sql.Unlimited);
        await connection.RunAsync(
            $"""
            INSERT INTO pool_slices (pool_id, slice_ms, length_ms, shares, work_sum)
            SELECT 1, m, 60000, 1000, 1000000 FROM generate_series({time.From}::bigint, {time.To - MinuteMs}, {MinuteMs}) m
            ON CONFLICT DO NOTHING
            """,
            [],
            CancellationToken.None);
        return rows[0];
    }

    private static async Task<double> StartAsync(LedgerMachine machine)
    {
        var port = LedgerMachine.FreePort();
        var config = Path.Combine(machine.Folder, "viddhana.yaml");
        await File.WriteAllTextAsync(
            config,
            $"""
            pools:
              - id: {LedgerLoad.Pool}
                coin: bitcoin
                network: regtest
                address: bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080
                nodes:
                  - url: http://127.0.0.1:1
                ports:
                  - port: 3333
            backoffice:
              http:
                listen: 127.0.0.1
                port: {port}
            """);
        using var http = new HttpClient();
        var watch = Stopwatch.StartNew();
        var start = new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, "viddhana-backoffice"), ["--config", config, "--data", machine.Folder])
        { RedirectStandardOutput = true };
        using var program = Process.Start(start) ?? throw new InvalidOperationException("the backoffice did not start");
        program.OutputDataReceived += (_, _) => { };
        program.BeginOutputReadLine();
        try
        {
            while (!await IsReadyAsync(http, port))
            {
                if (program.HasExited || watch.Elapsed.TotalSeconds > PatienceSeconds)
                    throw new InvalidOperationException("the backoffice did not become ready");
                await Task.Delay(20);
            }

            return watch.Elapsed.TotalSeconds;
        }
        finally
        {
            using var terminate = Process.Start("kill", ["-TERM", program.Id.ToString(CultureInfo.InvariantCulture)]);
            await program.WaitForExitAsync();
        }
    }

    private static async Task<bool> IsReadyAsync(HttpClient http, int port)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{port}/ready"));
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}

/// <summary>What a long past cost.</summary>
/// <param name="Rows">Rows of slices before the load.</param>
/// <param name="ReadySeconds">From the program's start until it was ready.</param>
/// <param name="RollUpSeconds">Making hours of the days of minutes; null where there were none.</param>
internal sealed record Past(long Rows, double ReadySeconds, double? RollUpSeconds);
