using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Viddhana.Core.Algorithms;
using Viddhana.Miner.Stratum;

namespace Viddhana.Miner.Hashing;

/// <summary>Somebody whom the pool hashes for. Called from hashing threads.</summary>
internal interface IHashClient
{
    /// <summary>How fast it may hash; infinity for as fast as possible.</summary>
    double HashesPerSecond { get; }

    /// <summary>Nonces to try, or null: nothing to do at present.</summary>
    WorkSlice? Take(int count);

    /// <summary>What was tried and what was found; the list is the caller's.</summary>
    void Report(in WorkSlice slice, List<FoundShare> found);
}

/// <summary>
/// Threads that hash for many clients at the clients' rates: the next slice goes to the client that is due first. If the machine is too
/// slow for all, each gets its part in proportion to its rate. Threads sleep while nobody is due.
/// </summary>
internal sealed class HashPool : IDisposable
{
    private const double SliceSeconds = 0.02;
    private const double IdleSeconds = 0.05;
    private const double ArrearsSeconds = 1;
    private const double UnlimitedRate = 1e15;

    private readonly Lock _gate = new();
    private readonly PriorityQueue<Place, double> _queue = new();
    private readonly AutoResetEvent _changed = new(false);
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly Thread[] _threads;
    private readonly IPowAlgorithm _pow;
    private readonly int _sliceMax;
    private volatile bool _isStopping;

    /// <summary>Starts the threads.</summary>
    public HashPool(IPowAlgorithm pow, int threads)
    {
        _pow = pow;
        _sliceMax = pow.IsSlow ? 256 : 1 << 16;
        _threads = new Thread[threads];
        for (var i = 0; i < threads; i++)
        {
            _threads[i] = new Thread(Hash) { IsBackground = true, Name = $"hash {i}" };
            _threads[i].Start();
        }
    }

    /// <summary>Hashes for one more client.</summary>
    public void Add(IHashClient client)
    {
        Enqueue(new Place(client), Now);
        _changed.Set();
    }

    /// <summary>Ends the threads; returns when none runs any more.</summary>
    public void Dispose()
    {
        _isStopping = true;
        foreach (var thread in _threads) thread.Join();
        _changed.Dispose();
    }

    private double Now => _watch.Elapsed.TotalSeconds;

    private void Hash()
    {
        var scanner = new HeaderScanner(_pow);
        var found = new List<FoundShare>();
        while (!_isStopping)
        {
            if (!TryNext(out var place, out var waitSeconds))
            {
                _changed.WaitOne(Math.Max(1, (int)(waitSeconds * 1_000)));
                continue;
            }

            var rate = Math.Min(place.Client.HashesPerSecond, UnlimitedRate);
            var wanted = (int)Math.Min(rate * SliceSeconds, _sliceMax);
            if (place.Client.Take(Math.Max(wanted / scanner.BatchSize, 1) * scanner.BatchSize) is not { } slice)
            {
                Enqueue(place, Now + IdleSeconds);
                continue;
            }

            // Back into the queue before the work is done: another thread may hash for the same client meanwhile.
            Enqueue(place, Math.Max(place.Due, Now - ArrearsSeconds) + (slice.Count / rate));
            found.Clear();
            scanner.Scan(slice, found);
            place.Client.Report(slice, found);
        }
    }

    /// <summary>Takes the client that is due first, or says how long nobody will be.</summary>
    private bool TryNext([NotNullWhen(true)] out Place? place, out double waitSeconds)
    {
        lock (_gate)
        {
            waitSeconds = IdleSeconds;
            if (!_queue.TryPeek(out place, out var due)) return false;

            waitSeconds = Math.Min(due - Now, IdleSeconds);
            if (waitSeconds > 0) return false;

            _queue.Dequeue();
            return true;
        }
    }

    private void Enqueue(Place place, double due)
    {
        place.Due = due;
        lock (_gate) _queue.Enqueue(place, due);
    }

    /// <summary>A client's place in the queue.</summary>
    private sealed class Place(IHashClient client)
    {
        public IHashClient Client { get; } = client;

        /// <summary>When its next slice is due, in seconds on the pool's clock.</summary>
        public double Due { get; set; }
    }
}
