using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Live;

/// <summary>Whether another viewer may come.</summary>
internal enum LiveAdmission
{
    /// <summary>It may.</summary>
    Welcome,

    /// <summary>There are as many as the configuration allows.</summary>
    Full,

    /// <summary>There are as many from this address as the configuration allows.</summary>
    TooManyFromAddress,
}

/// <summary>
/// The viewers, and the events they get. An event is rendered once and the same bytes go to everyone; one thread pushes, and there is no
/// timer, task or queue for each viewer.
/// </summary>
internal sealed class LiveHub
{
    /// <summary>A viewer hears something at least this often.</summary>
    public const long HeartbeatMs = 15_000;

    /// <summary>When a snapshot is older than this, who comes new asks for a fresh one.</summary>
    private const long SnapshotFreshMs = 5_000;

    private readonly LiveConfig _limits;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly uint _process = BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(4));
    private readonly long _begun;
    private readonly byte[] _missed;
    private readonly byte[] _resumed;
    private readonly LiveRing _ring = new();
    private readonly SortedDictionary<int, Snapshot> _snapshots = [];
    private readonly List<LiveViewer> _viewers = [];
    private readonly Dictionary<IPAddress, int> _byAddress = [];
    private readonly Channel<bool> _wanted = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private LiveViewer?[] _pushing = [];
    private int _admitted;
    private long _number;
    private bool _isClosed;

    /// <summary>A hub without viewers.</summary>
    public LiveHub(LiveConfig limits, TimeProvider time)
    {
        (_limits, _time, _begun) = (limits, time, time.GetTimestamp());
        (_missed, _resumed) = (Hello(isResumed: false), Hello(isResumed: true));
    }

    /// <summary>Viewers now.</summary>
    public int Count => Volatile.Read(ref _admitted);

    /// <summary>Viewers that were let go because they did not read.</summary>
    public long Slow { get; private set; }

    /// <summary>Milliseconds since the hub was made.</summary>
    public long NowMs => (long)_time.GetElapsedTime(_begun).TotalMilliseconds;

    /// <summary>Asks for a place; whoever is welcome gives it back by <see cref="Release"/>.</summary>
    public LiveAdmission TryAdmit(IPAddress address)
    {
        lock (_lock)
        {
            if (_isClosed || _admitted >= _limits.ViewersMax) return LiveAdmission.Full;
            var here = _byAddress.GetValueOrDefault(address);
            if (here >= _limits.ViewersPerAddressMax) return LiveAdmission.TooManyFromAddress;

            _byAddress[address] = here + 1;
            _admitted++;
            return LiveAdmission.Welcome;
        }
    }

    /// <summary>Gives a place back.</summary>
    public void Release(IPAddress address)
    {
        lock (_lock)
        {
            _admitted--;
            var left = _byAddress[address] - 1;
            if (left == 0) _byAddress.Remove(address);
            else _byAddress[address] = left;
        }
    }

    /// <summary>
    /// Takes a viewer in and writes what it begins with: the events after <paramref name="last"/> if all of them are still here, and the
    /// newest snapshots.
    /// </summary>
    public void Join(LiveViewer viewer, LiveId? last)
    {
        var nowMs = NowMs;
        viewer.Begin(
            () =>
            {
                lock (_lock) return Welcome(viewer, last, nowMs);
            },
            nowMs);
    }

    /// <summary>Forgets a viewer; nothing is written to it any more. False: see <see cref="LiveViewer.Leave"/>.</summary>
    public bool Leave(LiveViewer viewer)
    {
        lock (_lock) Remove(viewer);
        return viewer.Leave();
    }

    /// <summary>Tells everyone who watches the pool, and keeps it for those who come back.</summary>
    /// <param name="poolId">Whose event it is.</param>
    /// <param name="name">One of <see cref="LiveEvents"/>, but for snapshots.</param>
    /// <param name="data">JSON without line breaks.</param>
    public void Publish(int poolId, string name, byte[] data)
    {
        LiveEvent happened;
        int count;
        lock (_lock)
        {
            happened = Number(poolId, name, data);
            _ring.Add(happened);
            count = Gather();
        }

        Push(happened, count);
    }

    /// <summary>Tells a pool's figures, unless they are what was told last.</summary>
    /// <param name="poolId">Whose they are.</param>
    /// <param name="data">The event's JSON.</param>
    /// <param name="figures">What of it is compared: all but the time.</param>
    public void PublishSnapshot(int poolId, byte[] data, byte[] figures)
    {
        LiveEvent happened;
        int count;
        lock (_lock)
        {
            var isKnown = _snapshots.TryGetValue(poolId, out var known) && figures.AsSpan().SequenceEqual(known.Figures);
            _snapshots[poolId] = new Snapshot(data, figures, NowMs);
            if (isKnown) return;

            happened = Number(poolId, LiveEvents.Snapshot, data);
            count = Gather();
        }

        Push(happened, count);
    }

    /// <summary>A comment to those who have heard nothing for a while.</summary>
    public void Beat()
    {
        int count;
        lock (_lock) count = Gather();
        var nowMs = NowMs;
        for (var i = 0; i < count; i++)
            if (nowMs - _pushing[i]!.WrittenMs >= HeartbeatMs) Push(_pushing[i]!, LiveEvent.Heartbeat, nowMs);
    }

    /// <summary>Returns when a viewer waits for a snapshot.</summary>
    public async Task WantedAsync(CancellationToken cancel) => await _wanted.Reader.ReadAsync(cancel);

    /// <summary>Lets all viewers go; they come back to whoever serves next.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            foreach (var viewer in _viewers) viewer.End();
        }
    }

    private List<byte[]> Welcome(LiveViewer viewer, LiveId? last, long nowMs)
    {
        viewer.Place = _viewers.Count;
        _viewers.Add(viewer);
        if (_isClosed) viewer.End();

        var canResume = last is { } id && id.Process == _process && id.Number <= _number && _ring.Reaches(id.Number);
        List<byte[]> bytes = [canResume ? _resumed : _missed];
        if (canResume)
            bytes.AddRange(_ring.After(last!.Value.Number).Where(missed => viewer.Watches(missed.PoolId)).Select(missed => missed.Bytes));

        var isFresh = _snapshots.Count > 0;
        foreach (var (poolId, snapshot) in _snapshots)
        {
            isFresh &= nowMs - snapshot.Ms <= SnapshotFreshMs;
            // Under the newest number, which is what the viewer will come back with: it has all that was before.
            if (viewer.Watches(poolId)) bytes.Add(LiveEvent.Render(new LiveId(_process, _number), LiveEvents.Snapshot, snapshot.Data));
        }

        if (!isFresh) _wanted.Writer.TryWrite(true);
        return bytes;
    }

    private void Remove(LiveViewer viewer)
    {
        var place = viewer.Place;
        if (place < 0) return;
        _viewers[place] = _viewers[^1];
        _viewers[place].Place = place;
        _viewers.RemoveAt(_viewers.Count - 1);
        viewer.Place = -1;
    }

    private LiveEvent Number(int poolId, string name, byte[] data)
    {
        var number = ++_number;
        return new LiveEvent(number, poolId, LiveEvent.Render(new LiveId(_process, number), name, data));
    }

    private byte[] Hello(bool isResumed) => Encoding.ASCII.GetBytes(
        $"retry: 3000\n\nevent: hello\ndata: {{\"resumed\":{(isResumed ? "true" : "false")},\"process\":\"{_process:x8}\"}}\n\n");

    /// <summary>The viewers of this moment, in an array of the pushing thread's own.</summary>
    private int Gather()
    {
        if (_pushing.Length < _viewers.Count) _pushing = new LiveViewer?[Math.Max(64, _viewers.Count * 2)];
        _viewers.CopyTo(_pushing!);
        Array.Clear(_pushing, _viewers.Count, _pushing.Length - _viewers.Count);
        return _viewers.Count;
    }

    private void Push(LiveEvent happened, int count)
    {
        var nowMs = NowMs;
        for (var i = 0; i < count; i++)
            if (_pushing[i]!.Watches(happened.PoolId)) Push(_pushing[i]!, happened.Bytes, nowMs);
    }

    private void Push(LiveViewer viewer, byte[] bytes, long nowMs)
    {
        if (!viewer.Push(bytes, nowMs)) Slow++;
    }

    private readonly record struct Snapshot(byte[] Data, byte[] Figures, long Ms);
}
