using System.Diagnostics;
using Viddhana.Core.Algorithms;

namespace Viddhana.Miner.Bench;

/// <summary>One thing that is measured.</summary>
/// <param name="Algorithm">Name of the algorithm.</param>
/// <param name="What">What is hashed: <c>header</c> (80 bytes) or <c>merkle</c> (64 bytes).</param>
/// <param name="Kernel">Name of the kernel.</param>
/// <param name="Batch">Messages in one call.</param>
/// <param name="MinNs">Quickest round, nanoseconds per hash.</param>
/// <param name="MedianNs">Median of the rounds, nanoseconds per hash.</param>
internal sealed record KernelTime(string Algorithm, string What, string Kernel, int Batch, double MinNs, double MedianNs);

/// <summary>
/// Times every kernel that this CPU runs. The kernels take turns in many short rounds, so that a busy moment of the machine touches all of
/// them alike; the minimum is the limit, the median what a loaded machine gives.
/// </summary>
internal static class KernelBench
{
    private const double RoundSeconds = 0.0005;

    /// <summary>Measures.</summary>
    /// <param name="algorithm">Name, or null for all.</param>
    /// <param name="rounds">Rounds for each case.</param>
    public static IReadOnlyList<KernelTime> Measure(string? algorithm, int rounds)
    {
        var cases = PowAlgorithms.ByName.Keys.Order().Where(name => algorithm is null || name == algorithm).SelectMany(Cases).ToArray();
        foreach (var one in cases) one.Calibrate(RoundSeconds);
        for (var round = 0; round < rounds; round++)
        {
            foreach (var one in cases) one.Round();
        }

        return [.. cases.Select(one => one.Time())];
    }

    /// <summary>The times as a table for people.</summary>
    public static string Table(IReadOnlyList<KernelTime> times)
    {
        var lines = times.Select(t => $"{t.Algorithm,-8} {t.What,-7} {t.Kernel,-9} {t.Batch,5} {t.MinNs,12:0.0} {t.MedianNs,12:0.0}");
        return $"{"algo",-8} {"what",-7} {"kernel",-9} {"batch",5} {"min ns/hash",12} {"median",12}\n{string.Join('\n', lines)}\n";
    }

    private static IEnumerable<Case> Cases(string name)
    {
        var forms = PowAlgorithms.Kernels(name).Select(pair => (Kernel: NativeKernels.Name(pair.Key), Pow: pair.Value))
            .Prepend((Kernel: "auto", Pow: PowAlgorithms.ByName[name]));
        foreach (var (kernel, pow) in forms)
        {
            int[] batches = pow.IsSlow ? [1, 4, 8, 16] : [1, 2, 4, 8, 16, 32, 64];
            foreach (var batch in batches) yield return new Case(pow, kernel, "header", 80, batch);
            if (!pow.IsSlow) yield return new Case(pow, kernel, "merkle", 64, 32);
        }
    }

    private sealed class Case(IPowAlgorithm pow, string kernel, string what, int size, int batch)
    {
        private readonly byte[] _messages = Messages(size * batch);
        private readonly byte[] _hashes = new byte[32 * batch];
        private readonly List<double> _rounds = [];
        private int _calls = 1;

        /// <summary>Finds how many calls fill a round; warms up on the way.</summary>
        public void Calibrate(double seconds)
        {
            while (true)
            {
                var took = Run();
                if (took >= seconds / 2) break;
                _calls *= 2;
            }
        }

        public void Round() => _rounds.Add(Run() * 1e9 / _calls / batch);

        public KernelTime Time()
        {
            _rounds.Sort();
            return new KernelTime(pow.Name, what, kernel, batch, _rounds[0], _rounds[_rounds.Count / 2]);
        }

        private double Run()
        {
            var start = Stopwatch.GetTimestamp();
            if (batch == 1)
            {
                for (var i = 0; i < _calls; i++) pow.Hash(_messages, _hashes);
            }
            else
            {
                for (var i = 0; i < _calls; i++) pow.HashMany(_messages, size, _hashes);
            }

            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        private static byte[] Messages(int length)
        {
            var bytes = new byte[length];
            new Random(1).NextBytes(bytes);
            return bytes;
        }
    }
}
