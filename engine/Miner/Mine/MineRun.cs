using System.Text.Json;
using Viddhana.Core.Algorithms;
using Viddhana.Miner.Hashing;
using Viddhana.Miner.Report;
using Viddhana.Miner.Stratum;

namespace Viddhana.Miner.Mine;

/// <summary>Mines with all workers until a stop condition holds or it is cancelled.</summary>
internal sealed class MineRun(Run run, IPowAlgorithm algorithm, MineOptions options)
{
    private const int TickMs = 100;
    private const int StatusTicks = 10;
    private const int DrainMs = 5_000;

    private readonly List<Rig> _rigs = [];
    private long _statusHashes;
    private long _statusMs;

    /// <summary>Runs; the result is the exit code: 0, or 1 when the pool refused every worker or time ran out before the goal.</summary>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        using var connected = new CancellationTokenSource();
        Task[] connections;
        bool reached;
        using (var pool = new HashPool(algorithm, options.Threads))
        {
            connections = [.. options.Workers.Select(worker => Start(worker, pool, connected.Token))];
            reached = await UntilDone(stop);
            lock (run.Gate) run.IsEnding = true;
        }

        await Drain();
        await connected.CancelAsync();
        await Task.WhenAll(connections);
        lock (run.Gate) run.Log.Tell("summary", null, Summary(run.Totals), Run.UtcMs, json => WriteSummary(json, run.Totals));
        return reached ? 0 : 1;
    }

    private Task Start(WorkerSpec worker, HashPool pool, CancellationToken stop)
    {
        Rig rig;
        lock (run.Gate) rig = run.NewRig(worker.User);
        _rigs.Add(rig);
        pool.Add(new RigHashing(run, rig, worker.HashesPerSecond));
        return rig.Connection.RunAsync(rig, stop);
    }

    /// <summary>True when the goal was reached, or there was none and the run was ended as asked.</summary>
    private async Task<bool> UntilDone(CancellationToken stop)
    {
        for (var tick = 0; ; tick++)
        {
            lock (run.Gate)
            {
                if (run.Totals.Accepted >= options.SharesMax || run.Totals.Blocks >= options.BlocksMax) return true;
                if (run.NowMs >= options.SecondsMax * 1_000) return options.SharesMax is null && options.BlocksMax is null;
                if (stop.IsCancellationRequested) return true;
                if (_rigs.TrueForAll(rig => rig.Refusal is not null)) return false;

                if (tick % StatusTicks == StatusTicks - 1) Status();
            }

            await Task.Delay(TickMs, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Waits for the answers to what was sent.</summary>
    private async Task Drain()
    {
        for (var waited = 0; waited < DrainMs; waited += 10)
        {
            lock (run.Gate)
            {
                if (_rigs.TrueForAll(rig => rig.Outstanding == 0)) return;
            }

            await Task.Delay(10);
        }
    }

    private void Status()
    {
        var now = run.NowMs;
        foreach (var rig in _rigs) rig.CheckSilence(now);

        var hashes = run.Totals.Hashes;
        var rate = (hashes - _statusHashes) * 1_000.0 / Math.Max(1, now - _statusMs);
        (_statusHashes, _statusMs) = (hashes, now);
        var totals = run.Totals;
        var text = $"{HashRate.Text(rate)}  workers {totals.Authorized}/{_rigs.Count}  {Summary(totals)}";
        run.Log.Status(text, now, Run.UtcMs, json =>
        {
            json.WriteNumber("hashesPerSecond"u8, Math.Round(rate));
            json.WriteNumber("authorized"u8, totals.Authorized);
            WriteSummary(json, totals);
        });
    }

    private static string Summary(Totals totals) =>
        $"shares {totals.Accepted} accepted, {totals.Rejected} rejected  blocks {totals.Blocks}";

    private static void WriteSummary(Utf8JsonWriter json, Totals totals)
    {
        json.WriteNumber("hashes"u8, totals.Hashes);
        TotalsJson.Write(json, totals);
    }

    /// <summary>A rig as the hash pool sees it.</summary>
    private sealed class RigHashing(Run run, Rig rig, double hashesPerSecond) : IHashClient
    {
        public double HashesPerSecond { get; } = hashesPerSecond;

        public WorkSlice? Take(int count)
        {
            lock (run.Gate) return rig.IsReady ? rig.Work.Take(count, run.NowMs) : null;
        }

        public void Report(in WorkSlice slice, List<FoundShare> found)
        {
            run.Totals.AddHashes(slice.Count);
            if (found.Count == 0) return;

            lock (run.Gate)
            {
                foreach (var share in found) rig.Submit(share);
                rig.Connection.Flush();
            }
        }
    }
}
