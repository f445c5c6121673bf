using System.Diagnostics;
using Viddhana.Core.Algorithms;

namespace Viddhana.Miner.Bench;

/// <summary>Times of one way to do one thing, nanoseconds per share.</summary>
/// <param name="MedianNs">Median of the rounds: what a loaded machine gives.</param>
/// <param name="MinNs">Quickest round: the limit.</param>
internal readonly record struct ShareTime(double MedianNs, double MinNs);

/// <summary>What one kernel takes for batches of one size, three ways that took turns round by round.</summary>
/// <param name="Kernel">Name of the kernel.</param>
/// <param name="Batch">Shares in one call.</param>
/// <param name="Bare">The kernel alone, on prepared input.</param>
/// <param name="Engine">What the engine does to get the hashes: building the input too.</param>
/// <param name="Process">All that the engine does to a share: targets, rules and the filter of duplicates too.</param>
/// <param name="EngineRatio">Median over the rounds of Engine / Bare.</param>
/// <param name="ProcessAddsNs">Median over the rounds of Process - Engine, nanoseconds per share.</param>
internal sealed record ShareRow(
    string Kernel, int Batch, ShareTime Bare, ShareTime Engine, ShareTime Process, double EngineRatio, double ProcessAddsNs);

/// <summary>Times the double SHA-256 of a header alone.</summary>
/// <param name="Kernel">Name of the kernel.</param>
/// <param name="Batch">Headers in one call.</param>
/// <param name="Time">Nanoseconds per header.</param>
internal sealed record HeaderRow(string Kernel, int Batch, ShareTime Time);

/// <summary>
/// Times share validation: coinbase of 250 bytes, 12 merkle branches, header. Every round runs all ways one after another, so that a busy
/// moment of the machine touches all alike; compare by the ratios, which are medians over pairs of the same round.
/// </summary>
internal static class ShareBench
{
    private const double RoundSeconds = 0.0003;

    /// <summary>Measures shares by every kernel that this CPU runs.</summary>
    /// <param name="rounds">Rounds for each row.</param>
    public static IReadOnlyList<ShareRow> MeasureShares(int rounds)
    {
        var work = new ShareBenchWork();
        var cases = Kernels().SelectMany(kernel => BatchesOf(kernel).Select(batch => new ShareCase(work, kernel, batch))).ToArray();
        foreach (var one in cases) one.Calibrate(RoundSeconds);
        for (var round = 0; round < rounds; round++)
        {
            foreach (var one in cases) one.Round();
        }

        return [.. cases.Select(one => one.Row())];
    }

    /// <summary>Measures 80-byte headers by every kernel that this CPU runs.</summary>
    /// <param name="rounds">Rounds for each row.</param>
    public static IReadOnlyList<HeaderRow> MeasureHeaders(int rounds)
    {
        var rows = new List<HeaderRow>();
        foreach (var kernel in Kernels())
        {
            IPowAlgorithm pow = new Sha256d(kernel);
            foreach (var batch in (int[])[1, 32])
            {
                var (headers, hashes) = (new byte[80 * batch], new byte[32 * batch]);
                var timer = new Timer(batch, () => pow.HashMany(headers, 80, hashes));
                timer.Calibrate(RoundSeconds);
                for (var round = 0; round < rounds; round++) timer.Round();
                rows.Add(new HeaderRow(NativeKernels.Name(kernel), batch, timer.Time()));
            }
        }

        return rows;
    }

    private static IEnumerable<Kernel> Kernels() =>
        (NativeKernels.IsLoaded ? ShareKernels.All.Prepend(Kernel.Auto) : ShareKernels.All).Where(NativeKernels.CanRun);

    private static int[] BatchesOf(Kernel kernel) => kernel switch
    {
        Kernel.Managed or Kernel.Portable => [1, 32],
        _ => [1, 2, 4, 6, 8, 16, 20, 32, 64, 256],
    };

    private sealed class ShareCase
    {
        private readonly Kernel _kernel;
        private readonly int _batch;
        private readonly Timer _bare;
        private readonly Timer _engine;
        private readonly Timer _process;
        private readonly Action _beforeProcess;

        public ShareCase(ShareBenchWork work, Kernel kernel, int batch)
        {
            (_kernel, _batch) = (kernel, batch);
            _bare = new Timer(batch, work.Bare(kernel, batch));
            _engine = new Timer(batch, work.Engine(kernel, batch));
            (_beforeProcess, var process) = work.Process(kernel, batch);
            _beforeProcess();
            _process = new Timer(batch, process);
        }

        public void Calibrate(double seconds)
        {
            _beforeProcess();
            foreach (var timer in (Timer[])[_bare, _engine, _process]) timer.Calibrate(seconds);
        }

        public void Round()
        {
            _bare.Round();
            _engine.Round();
            _beforeProcess();
            _process.Round();
        }

        public ShareRow Row() => new(
            NativeKernels.Name(_kernel),
            _batch,
            _bare.Time(),
            _engine.Time(),
            _process.Time(),
            Median(_engine.Rounds.Zip(_bare.Rounds, (engine, bare) => engine / bare)),
            Median(_process.Rounds.Zip(_engine.Rounds, (process, engine) => process - engine)));
    }

    /// <summary>Times one action, in rounds of so many calls that the clock does not matter.</summary>
    private sealed class Timer(int batch, Action action)
    {
        private readonly List<double> _rounds = [];
        private int _calls = 1;

        /// <summary>Nanoseconds per share, round by round.</summary>
        public IReadOnlyList<double> Rounds => _rounds;

        /// <summary>Finds how many calls fill a round; warms up on the way.</summary>
        public void Calibrate(double seconds)
        {
            while (Run() < seconds / 2) _calls *= 2;
        }

        public void Round() => _rounds.Add(Run() * 1e9 / _calls / batch);

        public ShareTime Time() => new(Median(_rounds), _rounds.Min());

        private double Run()
        {
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < _calls; i++) action();
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}
