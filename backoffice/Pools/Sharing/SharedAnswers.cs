using System.Text.Json;
using Microsoft.Extensions.Options;
using JsonOptions = Microsoft.AspNetCore.Http.Json.JsonOptions;

namespace Viddhana.Backoffice.Pools.Sharing;

/// <summary>
/// Answers that are the same for everybody: each is made once and held for a moment, whoever asks meanwhile waits for the same one, and
/// only a few are made at a time. So a crowd, or one who asks the most expensive question over and over, costs the database no more than
/// a single caller. Memory is bounded. Thread-safe.
/// </summary>
internal sealed class SharedAnswers(TimeProvider time, IOptions<JsonOptions> json) : IDisposable
{
    private const int MakersMax = 6;
    private const int EntriesMax = 4_096;
    private const long BytesMax = 64 << 20;
    private const int KeyMax = 1_024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _makers = new(MakersMax);
    private long _bytes;

    /// <summary>The answer of a key: the held one, the one that is being made, or a new one.</summary>
    /// <param name="key">What is asked for.</param>
    /// <param name="seconds">How long it is held.</param>
    /// <param name="make">Makes what the endpoint returns; goes on when the caller has left.</param>
    /// <param name="cancel">The caller has left.</param>
    public Task<IResult> GetAsync(string key, int seconds, Func<ValueTask<object?>> make, CancellationToken cancel)
    {
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (key.Length > KeyMax) return MakeAsync(seconds, make);

        Entry entry;
        TaskCompletionSource<IResult>? mine = null;
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out entry!) || !entry.IsFresh(nowMs))
            {
                if (entry is not null) Remove(entry);
                mine = new TaskCompletionSource<IResult>(TaskCreationOptions.RunContinuationsAsynchronously);
                entry = new Entry(key, mine.Task, nowMs, nowMs + (seconds * 1_000L));
                MakeRoom(nowMs);
                _entries[key] = entry;
            }
        }

        if (mine is not null) _ = FinishAsync(entry, mine, seconds, make);
        return entry.Answer.WaitAsync(cancel);
    }

    /// <inheritdoc/>
    public void Dispose() => _makers.Dispose();

    private async Task FinishAsync(Entry entry, TaskCompletionSource<IResult> into, int seconds, Func<ValueTask<object?>> make)
    {
        try
        {
            var answer = await MakeAsync(seconds, make);
            lock (_lock)
            {
                // A problem is for those who waited; whoever comes later has it looked up anew.
                if (answer is not Rendering rendering) Remove(entry);
                else if (_entries.TryGetValue(entry.Key, out var held) && held == entry) _bytes += entry.Size = rendering.Size;
            }

            into.SetResult(answer);
        }
#pragma warning disable CA1031 // Whatever it is, it goes to everyone who waits.
        catch (Exception error)
#pragma warning restore CA1031
        {
            lock (_lock) Remove(entry);
            into.SetException(error);
            // Nobody may be waiting any more; then it has been seen here.
            _ = into.Task.Exception;
        }
    }

    private async Task<IResult> MakeAsync(int seconds, Func<ValueTask<object?>> make)
    {
        if (!await _makers.WaitAsync(Patience)) return Problems.Later("busy", "too much is being asked for at once; try again", 2);
        try
        {
            return await make() switch
            {
                IStatusCodeHttpResult { StatusCode: not (null or 200) } and IResult problem => problem,
                IValueHttpResult { Value: { } value } => Render(value, seconds),
                IResult other => other,
                { } value => Render(value, seconds),
                null => Problems.Of(500, "fault", "nothing was answered"),
            };
        }
        finally
        {
            _makers.Release();
        }
    }

    private Rendering Render(object value, int seconds) => value is RawAnswer raw
        ? new Rendering(raw.Bytes, raw.ContentType, seconds)
        : new Rendering(
            JsonSerializer.SerializeToUtf8Bytes(value, value.GetType(), json.Value.SerializerOptions),
            "application/json; charset=utf-8",
            seconds);

    /// <summary>What is outdated goes first, then the oldest.</summary>
    private void MakeRoom(long nowMs)
    {
        if (_entries.Count < EntriesMax && _bytes < BytesMax) return;
        foreach (var entry in _entries.Values.Where(entry => !entry.IsFresh(nowMs)).ToList()) Remove(entry);
        if (_entries.Count < EntriesMax && _bytes < BytesMax) return;
        foreach (var entry in _entries.Values.OrderBy(entry => entry.BegunMs).Take((_entries.Count / 4) + 1).ToList()) Remove(entry);
    }

    private void Remove(Entry entry)
    {
        if (!_entries.TryGetValue(entry.Key, out var held) || held != entry) return;
        _entries.Remove(entry.Key);
        _bytes -= entry.Size;
    }

    private sealed class Entry(string key, Task<IResult> answer, long begunMs, long untilMs)
    {
        public string Key { get; } = key;

        public Task<IResult> Answer { get; } = answer;

        public long BegunMs { get; } = begunMs;

        public int Size { get; set; }

        /// <summary>What is still being made is fresh however long that takes.</summary>
        public bool IsFresh(long nowMs) => !Answer.IsCompleted || nowMs < untilMs;
    }
}
