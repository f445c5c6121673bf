using Viddhana.Contracts;

namespace Viddhana.Tests.EndToEnd.Harness;

/// <summary>A share as the engine recorded it or the database holds it.</summary>
internal readonly record struct RecordedShare(string Worker, long Ms, ulong Work);

/// <summary>
/// The engine's whole journal: every segment is held open from its first moment, so that its bytes stay when the engine deletes it.
/// </summary>
internal sealed class KeptJournal : IAsyncDisposable
{
    private readonly string _directory;
    private readonly SortedDictionary<string, FileStream> _segments = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watching;

    public KeptJournal(string directory)
    {
        _directory = directory;
        _watching = Task.Run(WatchAsync);
    }

    /// <summary>
    /// Every share recorded so far, by its sequence; fails if a sequence stands there twice or is missing. Also the last sequence, which
    /// may be a reject summary's or a block record's.
    /// </summary>
    public (Dictionary<ulong, RecordedShare> Shares, ulong Last) Read()
    {
        var (shares, last) = (new Dictionary<ulong, RecordedShare>(), 0ul);
        foreach (var bytes in Segments())
        {
            for (var at = 0; EntryReader.TryRead(bytes.AsSpan(at), out var entry, out var length) == EntryStatus.Ok; at += length)
            {
                var header = entry!.Header;
                Assert.That(header.FirstSequence, Is.EqualTo(last + 1), "sequences of the journal follow one another");
                for (var i = 0; i < entry.Shares.Length; i++)
                {
                    var share = entry.Shares[i];
                    var recorded = new RecordedShare(entry.Names[share.NameIndex], header.UtcMs + share.OffsetMs, share.Work);
                    shares.Add(header.FirstSequence + (ulong)i, recorded);
                }

                last = header.LastSequence;
            }
        }

        return (shares, last);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _stop.Dispose();
        foreach (var segment in _segments.Values) await segment.DisposeAsync();
    }

    private List<byte[]> Segments()
    {
        Look();
        var all = new List<byte[]>();
        lock (_segments)
        {
            foreach (var segment in _segments.Values)
            {
                var bytes = new byte[segment.Length];
                RandomAccess.Read(segment.SafeFileHandle, bytes, 0);
                all.Add(bytes);
            }
        }

        return all;
    }

    private async Task WatchAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Look();
            await Task.Delay(50, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Look()
    {
        lock (_segments)
        {
            foreach (var (_, path) in JournalFiles.Segments(_directory))
                if (!_segments.ContainsKey(path))
                    _segments.Add(path, new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        }
    }
}
