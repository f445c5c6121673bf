namespace Viddhana.Engine;

/// <summary>
/// Gives memory back after a storm. Shares allocate nothing, so after thousands of log-ins or a large template no collection would come by
/// itself for hours, and what they left would stay resident. Waits until allocation has calmed down, so that it never runs in the storm.
/// </summary>
internal sealed class MemoryTrim : IDisposable
{
    private const int LookMs = 5_000;
    private const long CalmBytes = 256 << 10;
    private const long WorthBytes = 8 << 20;

    private readonly Timer _timer;
    private long _seen;
    private long _trimmed;

    public MemoryTrim() => _timer = new Timer(_ => Look(), null, LookMs, LookMs);

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        var allocated = GC.GetTotalAllocatedBytes();
        var isCalm = allocated - _seen < CalmBytes;
        _seen = allocated;
        if (!isCalm || allocated - _trimmed < WorthBytes) return;

        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (OperatingSystem.IsLinux()) _ = Net.LibC.TrimHeap(0);   // OpenSSL's part: what thousands of handshakes have left
        _trimmed = _seen;
    }
}
