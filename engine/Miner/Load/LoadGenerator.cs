using System.Diagnostics;

namespace Viddhana.Miner.Load;

/// <summary>What came out of one round of a broadcast; times in milliseconds.</summary>
/// <param name="Connections">Connections that got the new job.</param>
/// <param name="FirstMs">From the trigger to the first.</param>
/// <param name="LastMs">From the trigger to the last.</param>
/// <param name="P50Ms">From the first to half of them.</param>
/// <param name="P99Ms">From the first to 99 of 100.</param>
/// <param name="CpuSeconds">What the server used in the round.</param>
internal sealed record BroadcastRound(int Connections, double FirstMs, double LastMs, double P50Ms, double P99Ms, double CpuSeconds)
{
    /// <summary>From the first to the last.</summary>
    public double SpreadMs => LastMs - FirstMs;
}

/// <summary>All that a run has found.</summary>
internal sealed class LoadResult
{
    public required LoadPlan Plan { get; init; }

    public LoadCounts Counts { get; } = new();

    public List<BroadcastRound> Rounds { get; } = [];

    /// <summary>Connections with a job in hand when all had been tried.</summary>
    public int Ready { get; set; }

    public int ReadyAtEnd { get; set; }

    public double SetupSeconds { get; set; }

    public double Seconds { get; set; }

    public double GeneratorCpuSeconds { get; set; }

    public long Unanswered { get; set; }

    /// <summary>Before the first connection.</summary>
    public ServerReading Before { get; set; }

    /// <summary>When all connections were there.</summary>
    public ServerReading Opened { get; set; }

    /// <summary>After the quiet time.</summary>
    public ServerReading Settled { get; set; }

    public ServerReading Start { get; set; }

    public ServerReading End { get; set; }

    /// <summary>Memory of the kernel for TCP, before and after the quiet time.</summary>
    public (long Before, long Settled) KernelBytes { get; set; }
}

/// <summary>Runs a plan: opens the connections, lets the load warm up, measures, and reads what the system says of the server.</summary>
internal sealed class LoadGenerator(LoadPlan plan, TextWriter progress)
{
    private readonly LoadState _state = new();
    private readonly ServerProcesses _server = new(plan.ServerPids);
    private readonly LoadConnection[] _connections =
    [
        .. Enumerable.Range(0, plan.Connections)
            .Select(i => new LoadConnection(i, UserNames.For(plan.User, i + 1, plan.Connections), plan.Depth)),
    ];

    /// <summary>Runs until the plan is done or stopped.</summary>
    public async Task<LoadResult> RunAsync(CancellationToken stop)
    {
        var result = new LoadResult { Plan = plan, Before = _server.Read() };
        var kernel = ServerProcesses.KernelTcpBytes();
        var workers = Split().Select(part => new LoadWorker(plan, _state, part)).ToArray();
        var threads = workers.Select(worker => new Thread(worker.Run) { IsBackground = true }).ToArray();
        foreach (var thread in threads) thread.Start();
        try
        {
            if (plan.Mode != LoadMode.Churn) await SetUp(workers, result, stop);
            if (result.Ready > 0 || plan.Mode == LoadMode.Churn)
            {
                await Pause(plan.Mode == LoadMode.Churn ? 0 : plan.SettleSeconds, stop);
                result.Settled = _server.Read();
                result.KernelBytes = (kernel, ServerProcesses.KernelTcpBytes());
                await Measure(workers, result, stop);
            }
        }
        finally
        {
            _state.Phase = LoadPhase.Done;
            foreach (var thread in threads) thread.Join();
        }

        foreach (var worker in workers)
        {
            result.Counts.Add(worker.Counts);
            result.Unanswered += worker.Unanswered;
            worker.Dispose();
        }

        return result;
    }

    private IEnumerable<LoadConnection[]> Split()
    {
        for (var i = 0; i < plan.Threads; i++)
            yield return _connections[(_connections.Length * i / plan.Threads)..(_connections.Length * (i + 1) / plan.Threads)];
    }

    private async Task SetUp(LoadWorker[] workers, LoadResult result, CancellationToken stop)
    {
        var watch = Stopwatch.StartNew();
        while (workers.Sum(w => w.Ready + w.Dead) < plan.Connections && watch.Elapsed.TotalSeconds < plan.SetupMaxSeconds)
        {
            if (stop.IsCancellationRequested) break;
            await Task.Delay(2, CancellationToken.None);
        }

        result.SetupSeconds = watch.Elapsed.TotalSeconds;
        result.Ready = workers.Sum(w => w.Ready);
        result.Opened = _server.Read();
        await progress.WriteLineAsync($"{result.Ready} of {plan.Connections} connections ready after {result.SetupSeconds:0.00} s");
    }

    private async Task Measure(LoadWorker[] workers, LoadResult result, CancellationToken stop)
    {
        _state.Phase = LoadPhase.Warmup;
        if (plan.Mode is LoadMode.Submit or LoadMode.Churn) await Pause(plan.WarmupSeconds, stop);
        var cpu = Environment.CpuUsage.TotalTime;
        result.Start = _server.Read();
        var watch = Stopwatch.StartNew();
        _state.Phase = LoadPhase.Measure;
        if (plan.Mode == LoadMode.Broadcast)
        {
            for (var i = 0; i < plan.Rounds && !stop.IsCancellationRequested; i++) await Round(result, stop);
        }
        else
        {
            await Pause(plan.Seconds, stop);
        }

        result.ReadyAtEnd = workers.Sum(w => w.Ready);
        _state.Phase = LoadPhase.Done;
        result.Seconds = watch.Elapsed.TotalSeconds;
        result.End = _server.Read();
        result.GeneratorCpuSeconds = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds;
    }

    private async Task Round(LoadResult result, CancellationToken stop)
    {
        foreach (var connection in _connections) connection.CleanStamp = 0;
        var before = _server.Read();
        _state.IsRound = true;
        var trigger = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
        if (plan.Trigger is not null) await plan.Trigger.PullAsync();
        await Pause(plan.IntervalSeconds, stop);
        _state.IsRound = false;
        var after = _server.Read();
        var stamps = _connections.Select(c => c.CleanStamp).Where(s => s > 0).Order().ToArray();
        if (stamps.Length == 0)
        {
            await progress.WriteLineAsync("no new job came in this round");
            return;
        }

        double Ms(int index, long from) => (stamps[index] - from) / 1e6;
        var round = new BroadcastRound(
            stamps.Length, Ms(0, trigger), Ms(stamps.Length - 1, trigger), Ms(stamps.Length / 2, stamps[0]),
            Ms((int)(stamps.Length * 0.99), stamps[0]), after.CpuSeconds - before.CpuSeconds);
        result.Rounds.Add(round);
        await progress.WriteLineAsync(
            $"{round.Connections} connections: first after {round.FirstMs:0.0} ms, last after {round.LastMs:0.0} ms");
    }

    private static Task Pause(double seconds, CancellationToken stop) =>
        Task.Delay(TimeSpan.FromSeconds(seconds), stop).ContinueWith(
            _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
}
