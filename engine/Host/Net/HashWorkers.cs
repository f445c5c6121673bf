using System.Collections.Concurrent;
using Viddhana.Core.Shares;

namespace Viddhana.Engine.Net;

/// <summary>
/// Threads that validate rounds of slow algorithms, so that a loop goes on reading meanwhile. Rounds come in the order in which loops end
/// them; how many there are is bounded by the lanes.
/// </summary>
public sealed class HashWorkers : IDisposable
{
    private const int StopMs = 2_000;

    private readonly BlockingCollection<RoundRun> _rounds = [];
    private readonly List<Thread> _threads = [];

    /// <summary>Prepares the threads; they start with the first round.</summary>
    /// <param name="threads">How many; 0: one per core.</param>
    public HashWorkers(int threads)
    {
        var count = threads > 0 ? threads : Environment.ProcessorCount;
        for (var i = 0; i < count; i++) _threads.Add(new Thread(Work) { IsBackground = true, Name = $"hash{i}" });
        foreach (var thread in _threads) thread.Start();
    }

    /// <summary>Rounds that wait for a thread.</summary>
    public int Waiting => _rounds.Count;

    /// <summary>Ends the threads after what is queued.</summary>
    public void Dispose()
    {
        if (_rounds.IsAddingCompleted) return;
        _rounds.CompleteAdding();
        foreach (var thread in _threads) thread.Join(StopMs);
    }

    internal void Post(RoundRun run) => _rounds.Add(run);

    private void Work()
    {
        var validators = new Dictionary<IMiningPool, IRoundValidator>();
        foreach (var run in _rounds.GetConsumingEnumerable())
        {
            var pool = run.Lane.Pool;
            if (!validators.TryGetValue(pool, out var validator)) validators[pool] = validator = pool.NewValidator();
            run.Lane.Validate(run, validator, Clock.Now());
            run.Lane.Loop.PostValidated(run);
        }
    }
}
