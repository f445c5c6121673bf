using System.Buffers;
using System.IO.Pipelines;
using System.Net;

namespace Viddhana.Backoffice.Live;

/// <summary>
/// One connection that watches. Whoever pushes writes into its buffer and goes on; a viewer whose buffer is still full at the next push is
/// let go. All writing is under its own lock, and none happens after <see cref="Leave"/>: the server may then use the connection's
/// memory for another request.
/// </summary>
internal sealed class LiveViewer(PipeWriter to, IPAddress address, int? poolId)
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task<FlushResult>? _flush;
    private bool _hasLeft;

    /// <summary>Where it is counted.</summary>
    public IPAddress Address => address;

    /// <summary>Completes when it is to be let go.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Its place in the hub's list; the hub's lock guards it.</summary>
    public int Place { get; set; } = -1;

    /// <summary>When something was last written to it, in the hub's milliseconds.</summary>
    public long WrittenMs { get; private set; }

    /// <summary>True if it watches this pool.</summary>
    public bool Watches(int id) => poolId is null || poolId == id;

    /// <summary>Lets it go: its request ends.</summary>
    public void End() => _ended.TrySetResult();

    /// <summary>
    /// Joins and writes what it begins with, in one step: an event that is pushed meanwhile waits for the lock and comes after it.
    /// </summary>
    public void Begin(Func<IReadOnlyList<byte[]>> join, long nowMs)
    {
        lock (_lock)
        {
            foreach (var bytes in join()) to.Write(bytes);
            Flush(nowMs);
        }
    }

    /// <summary>Writes the same bytes that all others get; never waits. False: it is slow and was let go.</summary>
    public bool Push(ReadOnlySpan<byte> bytes, long nowMs)
    {
        lock (_lock)
        {
            if (_hasLeft || _ended.Task.IsCompleted) return true;
            if (_flush is { IsCompleted: false })
            {
                End();
                return false;
            }

            try
            {
                to.Write(bytes);
                Flush(nowMs);
            }
            catch (Exception error) when (IsGone(error))
            {
                End();
            }

            return true;
        }
    }

    /// <summary>
    /// No more is written. False: something is still on its way, and the connection has to be aborted before <see cref="LeftAsync"/>.
    /// </summary>
    public bool Leave()
    {
        lock (_lock)
        {
            _hasLeft = true;
            return _flush is null or { IsCompleted: true };
        }
    }

    /// <summary>Waits for what was on its way after <see cref="Leave"/>.</summary>
    public async Task LeftAsync()
    {
        if (_flush is null) return;
        try
        {
            await _flush;
        }
        catch (Exception error) when (IsGone(error))
        {
            // The connection is gone: that is why the viewer leaves.
            End();
        }
    }

    private static bool IsGone(Exception error) =>
        error is OperationCanceledException or IOException or InvalidOperationException;

    /// <summary>A task is made only where the buffer is full; otherwise the flush is over at once, and whoever reads goes on.</summary>
    private void Flush(long nowMs)
    {
        WrittenMs = nowMs;
        var flush = to.FlushAsync();
        if (flush.IsCompletedSuccessfully)
        {
            _flush = null;
            if (flush.Result.IsCompleted) End();
            return;
        }

        _flush = flush.AsTask();
    }
}
