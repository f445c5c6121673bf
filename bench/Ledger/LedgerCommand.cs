using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Viddhana.Backoffice.Health;
using Viddhana.Backoffice.Rewards;
using Viddhana.Backoffice.Shares;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Contracts.Redis;

namespace Viddhana.Bench.Ledger;

/// <summary>
/// <c>viddhana-bench ledger</c>: how many shares a second the backoffice stores, and how long a PPLNS split over them takes. The load is
/// made first; then the consumer of the real program takes it in, on PostgreSQL with fsync; then every worker's shares and work are
/// compared with what was made.
/// </summary>
internal static class LedgerCommand
{
    private const int SliceMs = 60_000;
    private const long Reward = 312_500_000;
    private const int FeePpm = 10_000;
    private const int Splits = 5;

    /// <summary>Runs it; 0 if everything was stored exactly once.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var source = new Option<string>("--source") { DefaultValueFactory = _ => "journal", Description = "journal or redis" };
        source.AcceptOnlyFromAmong("journal", "redis");
        var seconds = new Option<int>("--seconds") { DefaultValueFactory = _ => 60, Description = "Load for so long at 500,000 shares/s" };
        var workers = new Option<int>("--workers") { DefaultValueFactory = _ => 10_000, Description = "Workers, at two difficulties each" };
        var rate = new Option<int>("--pool-rate") { DefaultValueFactory = _ => 500_000, Description = "Shares in a second of share time" };
        var window = new Option<long>("--window") { DefaultValueFactory = _ => 10_000_000, Description = "Shares in the PPLNS window" };
        var days = new Option<int>("--days") { Description = "Days of hourly sums before the load, on which the program is started" };
        var minuteDays = new Option<int>("--minute-days") { Description = "Days of sums by the minute before those, then rolled up" };
        var command = new RootCommand("Stores shares and splits a reward over them.")
        {
            source, seconds, workers, rate, window, days, minuteDays,
        };
        command.SetAction((parsed, _) => MeasureAsync(
            parsed.GetValue(source) == "redis",
            parsed.GetValue(seconds) * 500_000L,
            new LedgerLoad(parsed.GetValue(workers), parsed.GetValue(rate)),
            parsed.GetValue(window),
            (parsed.GetValue(days), parsed.GetValue(minuteDays))));
        return await command.Parse(args).InvokeAsync();
    }

    private static async Task<int> MeasureAsync(bool isRedis, long shares, LedgerLoad load, long window, (int Hours, int Minutes) days)
    {
        await using var machine = await LedgerMachine.StartAsync(isRedis);
        var journal = Path.Combine(machine.Folder, "journal");
        if (isRedis) await FillAsync(machine, load, shares);
        else load.WriteJournal(journal, shares);
        await Console.Error.WriteLineAsync($"{load.Shares} shares in {load.Entries} entries, {load.Bytes >> 20} MiB");

        await using var database = NpgsqlDataSource.Create(machine.Postgres.ConnectionString);
        await Migrator.RunAsync(database, CancellationToken.None);
        PoolConfig config = new() { Id = LedgerLoad.Pool, Coin = "bitcoin", Network = "regtest" };
        var pools = await PoolBook.LoadAsync(database, [config], CancellationToken.None);
        OpenShareSource open = isRedis
            ? async (marks, cancel) => await RedisSource.ConnectAsync(machine.RedisConfig, "bench", marks, cancel)
            : (marks, _) => Task.FromResult<IShareSource>(
                new JournalSource([journal], Path.Combine(machine.Folder, "committed"), marks, TimeProvider.System));
        var intake = await ConsumeAsync(machine, database, pools, open, load);
        var check = await LedgerCheck.RunAsync(database, load);
        var splits = await SplitAsync(database, pools, load, window);
        var past = days == default ? null : await LedgerReady.RunAsync(machine, database, days.Hours, days.Minutes);
        Report(isRedis ? "redis" : "journal", load, intake, splits, past, check);
        return check is null && splits.Accounts == load.Expected.Length ? 0 : 1;
    }

    private static async Task FillAsync(LedgerMachine machine, LedgerLoad load, long shares)
    {
        await using var redis = await RedisClient.ConnectAsync(machine.RedisConfig);
        await load.FillStreamAsync(redis, Streams.Shares(machine.RedisConfig.Prefix), shares);
    }

    /// <summary>The consumer as the backoffice runs it, from its start until the last share is committed.</summary>
    private static async Task<Intake> ConsumeAsync(
        LedgerMachine machine, NpgsqlDataSource database, PoolBook pools, OpenShareSource open, LedgerLoad load)
    {
        using var lease = new ActiveLease(database, NullLogger<ActiveLease>.Instance);
        await lease.StartAsync(CancellationToken.None);
        await lease.WaitAsync(CancellationToken.None);
        using var consumer = new ShareConsumer(
            database, pools, SliceMs, open, lease, new Metrics(), NullLogger<ShareConsumer>.Instance);
        var before = machine.Cpu();
        var watch = Stopwatch.StartNew();
        await consumer.StartAsync(CancellationToken.None);
        var marks = new List<(double Second, long Mark)> { (0, 0) };
        while (marks[^1].Mark < load.Shares)
        {
            await Task.Delay(200);
            if (consumer.Failure is { } failure) throw new InvalidOperationException(failure);
            await using var command = database.CreateCommand("SELECT coalesce(max(last_sequence), 0) FROM sources");
            marks.Add((watch.Elapsed.TotalSeconds, (long)(await command.ExecuteScalarAsync())!));
        }

        var after = machine.Cpu();
        await consumer.StopAsync(CancellationToken.None);
        await lease.StopAsync(CancellationToken.None);
        return new Intake(
            marks[^1].Second,
            Slowest(marks),
            (after.Backoffice - before.Backoffice, after.Postgres - before.Postgres, after.Redis - before.Redis));
    }

    /// <summary>The least shares a second over any five seconds.</summary>
    private static double Slowest(List<(double Second, long Mark)> marks)
    {
        var least = marks[^1].Mark / marks[^1].Second;
        foreach (var (second, mark) in marks)
        {
            var from = marks.FindLastIndex(earlier => earlier.Second <= second - 5);
            if (from >= 0) least = Math.Min(least, (mark - marks[from].Mark) / (second - marks[from].Second));
        }

        return least;
    }

    private static async Task<SplitTimes> SplitAsync(NpgsqlDataSource database, PoolBook pools, LedgerLoad load, long window)
    {
        UInt128 work = 0;
        foreach (var expected in load.Expected) work += expected.Work;
        var size = Wide.MulDiv(work, (UInt128)window, (UInt128)load.Shares);
        var poolId = pools.ByName(LedgerLoad.Pool)!.PoolId;
        var winner = new ShareKey(load.LastMs, 0, LedgerLoad.JournalEpoch, (ulong)load.Shares);
        var terms = new RewardTerms(poolId, Reward, FeePpm, size, 10_000, winner, 1);
        var times = new List<double>();
        var accounts = 0;
        for (var i = 0; i < Splits; i++)
        {
            var watch = Stopwatch.StartNew();
            await using var history = await ShareHistory.OpenAsync(database, CancellationToken.None);
            var split = await RewardSchemes.ByName["pplns"].SplitAsync(terms, history, CancellationToken.None);
            times.Add(watch.Elapsed.TotalSeconds);
            if (split.Fee + split.Credits.Sum(credit => credit.Amount) != Reward)
                throw new InvalidOperationException("the split does not add up to the reward");
            accounts = split.Credits.Count;
        }

        return new SplitTimes(times[0], times.Order().ElementAt(Splits / 2), accounts);
    }

    private static void Report(
        string source, LedgerLoad load, Intake intake, SplitTimes splits, Past? past, string? check)
    {
        var result = new
        {
            source,
            shares = load.Shares,
            entries = load.Entries,
            bytes = load.Bytes,
            seconds = intake.Seconds,
            sharesPerSecond = load.Shares / intake.Seconds,
            slowestFiveSeconds = intake.Slowest,
            entriesPerSecond = load.Entries / intake.Seconds,
            backofficeCpuSeconds = intake.Cpu.Backoffice,
            postgresCpuSeconds = intake.Cpu.Postgres,
            redisCpuSeconds = intake.Cpu.Redis,
            firstSplitSeconds = splits.First,
            medianSplitSeconds = splits.Median,
            creditedAccounts = splits.Accounts,
            earlierRows = past?.Rows,
            readySeconds = past?.ReadySeconds,
            rollUpSeconds = past?.RollUpSeconds,
            problem = check,
        };
        foreach (var property in result.GetType().GetProperties())
        {
            var value = property.GetValue(result) switch
            {
                double number => number.ToString("#,0.00", CultureInfo.InvariantCulture),
                IFormattable number => number.ToString("#,0", CultureInfo.InvariantCulture),
                var other => other?.ToString() ?? "none",
            };
            Console.WriteLine($"{property.Name,-22} {value,16}");
        }

        Console.WriteLine(JsonSerializer.Serialize(result));
    }

    private sealed record Intake(double Seconds, double Slowest, (double Backoffice, double Postgres, double Redis) Cpu);

    private sealed record SplitTimes(double First, double Median, int Accounts);
}
