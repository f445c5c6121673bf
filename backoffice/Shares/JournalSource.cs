using System.Globalization;
using Viddhana.Contracts;

namespace Viddhana.Backoffice.Shares;

/// <summary>Reads journal directories of engines on this machine, and publishes marks as files that the engines read.</summary>
public sealed class JournalSource : IShareSource
{
    private const int BytesAtOnce = 32 << 20;
    private const int IdleMs = 100;

    private readonly IReadOnlyList<string> _directories;
    private readonly string _committed;
    private readonly TimeProvider _clock;
    private readonly Dictionary<string, Following> _following = new(StringComparer.Ordinal);
    private readonly Dictionary<SourceKey, Completeness> _complete = [];
    private IReadOnlyDictionary<SourceKey, ulong> _marks;

    /// <summary>Follows directories behind the given marks.</summary>
    /// <param name="directories">Journal directories; they need not be there yet.</param>
    /// <param name="committedDirectory">Where marks are published.</param>
    /// <param name="marks">What is committed.</param>
    /// <param name="clock">For how far an idle journal is complete.</param>
    public JournalSource(
        IReadOnlyList<string> directories, string committedDirectory, IReadOnlyDictionary<SourceKey, ulong> marks, TimeProvider clock)
    {
        (_directories, _committed, _marks, _clock) = (directories, committedDirectory, marks, clock);
        Directory.CreateDirectory(committedDirectory);
    }

    /// <inheritdoc/>
    public string Name => string.Join(", ", _directories);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Delivery>> ReadAsync(CancellationToken cancel)
    {
        var deliveries = new List<Delivery>();
        foreach (var directory in _directories) Read(directory, deliveries);
        if (deliveries.Count == 0) await Task.Delay(IdleMs, cancel);
        return deliveries;
    }

    /// <inheritdoc/>
    public Task PublishAsync(IReadOnlyDictionary<SourceKey, ulong> marks)
    {
        foreach (var (source, mark) in marks) Publish(source, mark);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task DoneAsync(IReadOnlyList<Delivery> deliveries) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Rewind(IReadOnlyDictionary<SourceKey, ulong> marks)
    {
        _marks = marks;
        _following.Clear();
    }

    /// <inheritdoc/>
    public bool TakeRestarted() => false;

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<SourceKey, Completeness>> CompleteAsync() =>
        Task.FromResult<IReadOnlyDictionary<SourceKey, Completeness>>(_complete);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Read(string directory, List<Delivery> to)
    {
        if (Follow(directory) is not { } following) return;

        var beganMs = _clock.GetUtcNow().ToUnixTimeMilliseconds();
        var entries = following.Reader.ReadFrom(following.Position, BytesAtOnce);
        if (entries.Count == 0)
        {
            _complete[following.Source] = new Completeness(following.Position, beganMs - Streams.WriteDelayMs);
            return;
        }

        foreach (var bytes in entries) to.Add(new Delivery(directory, bytes));
        EntryReader.TryReadHeader(entries[^1], out var last, out _);
        following.Position = Math.Max(following.Position, last.LastSequence);
    }

    /// <summary>The reader of a directory; a new one when the directory was made anew, with another epoch.</summary>
    private Following? Follow(string directory)
    {
        if (!JournalFiles.TryReadIdentity(directory, out var epoch, out var engineId)) return null;

        var source = new SourceKey(engineId, epoch);
        if (_following.TryGetValue(directory, out var known) && known.Source == source) return known;

        var reader = new JournalReader(directory);
        if (!reader.TryOpen()) return null;
        return _following[directory] = new Following(source, reader) { Position = _marks.GetValueOrDefault(source) };
    }

    /// <summary>Written beside and renamed over, so that the engine reads the old mark or the new one, never half of it.</summary>
    private void Publish(SourceKey source, ulong mark)
    {
        var path = Path.Combine(_committed, Streams.CommittedField(source.EngineId, source.Epoch).Replace(':', '-'));
        var next = path + ".next";
        using (var file = new FileStream(next, FileMode.Create, FileAccess.Write))
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes(mark.ToString(CultureInfo.InvariantCulture)));
            file.Flush(flushToDisk: true);
        }

        File.Move(next, path, overwrite: true);
    }

    private sealed class Following(SourceKey source, JournalReader reader)
    {
        public SourceKey Source { get; } = source;

        public JournalReader Reader { get; } = reader;

        public ulong Position { get; set; }
    }
}
