using System.Diagnostics;

namespace Viddhana.Miner.Bench;

/// <summary>What a body took, in nanoseconds per operation.</summary>
/// <param name="Body">The body.</param>
/// <param name="MinNs">Quickest round.</param>
/// <param name="MedianNs">Median of the rounds.</param>
/// <param name="Bytes">Bytes allocated per operation, on this thread.</param>
internal sealed record BodyTime(BenchBody Body, double MinNs, double MedianNs, double Bytes);

/// <summary>
/// Times bodies in many short rounds that take turns, so that a busy moment of the machine touches all of them alike. Ratios are of the
/// quickest rounds: what the machine was doing besides is then in neither.
/// </summary>
internal static class BodyBench
{
    private const double RoundSeconds = 0.0005;

    /// <summary>Measures.</summary>
    /// <param name="bodies">The bodies.</param>
    /// <param name="rounds">Rounds for each.</param>
    public static IReadOnlyList<BodyTime> Measure(IReadOnlyList<BenchBody> bodies, int rounds)
    {
        var cases = bodies.Select(body => new Case(body)).ToArray();
        foreach (var one in cases) one.Calibrate();
        for (var round = 0; round < rounds; round++)
        {
            foreach (var one in cases) one.Round();
        }

        return [.. cases.Select(one => one.Time())];
    }

    /// <summary>The times as a table for people.</summary>
    public static string Table(IReadOnlyList<BodyTime> times)
    {
        var lines = times.Select(t => $"{t.Body.Name,-22} {t.MinNs,10:0.0} {t.MedianNs,10:0.0} {t.Bytes,10:0.0}  {t.Body.Does}");
        return $"{"body",-22} {"min ns/op",10} {"median",10} {"bytes/op",10}\n{string.Join('\n', lines)}\n";
    }

    private sealed class Case(BenchBody body)
    {
        private readonly List<double> _rounds = [];
        private int _calls = 1;
        private int _sink;
        private long _bytes;

        public void Calibrate()
        {
            // Twice: the first time warms up.
            for (var i = 0; i < 2; i++)
            {
                while (Run() < RoundSeconds / 2) _calls *= 2;
            }

            _bytes = GC.GetAllocatedBytesForCurrentThread();
            Run();
            _bytes = GC.GetAllocatedBytesForCurrentThread() - _bytes;
        }

        public void Round() => _rounds.Add(Run() * 1e9 / _calls / body.Operations);

        public BodyTime Time()
        {
            _rounds.Sort();
            return new BodyTime(body, _rounds[0], _rounds[_rounds.Count / 2], _bytes / (double)_calls / body.Operations);
        }

        private double Run()
        {
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < _calls; i++) _sink += body.Run();
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
    }
}
