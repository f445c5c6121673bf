using System.Diagnostics;
using System.Globalization;
using System.Net;
using Npgsql;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Bench.Ledger;

/// <summary>How long the backoffice's program takes from its start until <c>/ready</c> says 200, on a database with a long past.</summary>
internal static class LedgerReady
{
    private const long HourMs = 3_600_000;
    private const int PatienceSeconds = 60;

    /// <summary>
    /// Fills in days before the load, a row for each worker, difficulty and hour, and a slice of the pool for each minute; then starts the
    /// program, which starts PostgreSQL. Returns the rows and the seconds.
    /// </summary>
    public static async Task<(long Rows, double Seconds)> RunAsync(LedgerMachine machine, NpgsqlDataSource database, int days)
    {
        var rows = await FillAsync(database, days);
        await database.DisposeAsync();
        machine.Postgres.Stop();
        return (rows, await StartAsync(machine));
    }

    private static async Task<long> FillAsync(NpgsqlDataSource database, int days)
    {
        var (fromMs, toMs) = (LedgerLoad.StartMs - (days * 24 * HourMs), LedgerLoad.StartMs / HourMs * HourMs);
        var hours = Enumerable.Range(0, days * 24).Select(hour => fromMs + (hour * HourMs)).ToList();
        await new Partitions(database).EnsureAsync(hours, CancellationToken.None);
        await using var connection = await database.OpenConnectionAsync();
        var rows = await connection.RowsAsync(
            $"""
            WITH w AS (SELECT DISTINCT account_id, worker_id, work FROM share_slices),
            filled AS (
                INSERT INTO share_slices (pool_id, slice_ms, length_ms, account_id, worker_id, work, shares)
                SELECT 1, h, {HourMs}, account_id, worker_id, work, 3600
                FROM generate_series({fromMs / HourMs * HourMs}::bigint, {toMs - HourMs}, {HourMs}) h, w RETURNING 1)
            SELECT count(*) FROM filled
            """,
            [],
            row => row.GetInt64(0),
            CancellationToken.None,
            Sql.Unlimited);
        await connection.RunAsync(
            $"""
            INSERT INTO pool_slices (pool_id, slice_ms, length_ms, shares, work_sum)
            SELECT 1, m, 60000, 1000, 1000000 FROM generate_series({fromMs / HourMs * HourMs}::bigint, {toMs - 60_000}, 60000) m
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
