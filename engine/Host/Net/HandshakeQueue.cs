using System.Collections.Concurrent;

namespace Viddhana.Engine.Net;

/// <summary>
/// Begins TLS handshakes in the order their connections came in, no faster than the processors get them done. Begun all at once, those of a
/// reconnect storm would all be done at the same late moment: each would hold its buffers until then, and with enough of them every one
/// would be too late. Who keeps a handshake waiting holds up nobody: only work that is ready to run counts.
/// </summary>
internal sealed class HandshakeQueue : IDisposable
{
    private const int LookMs = 1;
    private const int ReadyMaxPerProcessor = 64;

    private readonly BlockingCollection<Action> _waiting = [];
    private readonly Func<bool> _isBusy;
    private readonly Thread _thread;

    /// <param name="name">Of its thread.</param>
    /// <param name="isBusy">Whether enough is under way; not given: by the thread pool's own queue.</param>
    public HandshakeQueue(string name, Func<bool>? isBusy = null)
    {
        _isBusy = isBusy ?? IsPoolBusy;
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>Has it begun, now or when its turn comes.</summary>
    /// <param name="begin">Must return at once.</param>
    /// <returns>False: it has ended.</returns>
    public bool TryPost(Action begin)
    {
        try
        {
            _waiting.Add(begin);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;   // also where it is disposed
        }
    }

    /// <summary>Begins what still waits, and ends.</summary>
    public void Dispose()
    {
        _waiting.CompleteAdding();
        _thread.Join();
        _waiting.Dispose();
    }

    private void Run()
    {
        foreach (var begin in _waiting.GetConsumingEnumerable())
        {
            while (_isBusy() && !_waiting.IsAddingCompleted) Thread.Sleep(LookMs);
            begin();
        }
    }

    private static bool IsPoolBusy() => ThreadPool.PendingWorkItemCount > (long)ReadyMaxPerProcessor * Environment.ProcessorCount;
}
