using System.Collections.Concurrent;
using System.Globalization;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Contracts.Redis;

namespace Viddhana.Backoffice.Shares;

/// <summary>
/// Reads the stream as a consumer group of one active consumer. First what was delivered before and never acknowledged, also to consumers
/// of other names that are gone, then what is new. Trims only below the oldest message that is not acknowledged; messages are
/// acknowledged after their commit. Nothing in Redis is relied on: marks come from PostgreSQL, and a lost stream or group is made anew.
/// </summary>
public sealed class RedisSource : IShareSource
{
    private const int MessagesAtOnce = 512;
    private const int BlockMs = 500;
    private const int TrimEveryMs = 1_000;
    private const int ClaimEveryMs = 60_000;
    private const long ClaimIdleMs = 60_000;
    private const string FromStart = "0-0";

    private readonly RedisClient _redis;
    private readonly RedisClient _reading;
    private readonly string _stream;
    private readonly string _committed;
    private readonly string _shipped;
    private readonly string _consumer;
    private readonly ConcurrentDictionary<SourceKey, ulong> _marks;
    private string? _pendingFrom = FromStart;
    private bool _hasRestarted;
    private long _trimAt;
    private long _claimAt;

    /// <summary>Reads have a connection of their own: they wait for messages, and what is committed is not to wait for them.</summary>
    private RedisSource(
        RedisClient redis, RedisClient reading, RedisConfig config, string consumer, IReadOnlyDictionary<SourceKey, ulong> marks)
    {
        (_redis, _reading, _consumer) = (redis, reading, consumer);
        (_stream, _committed) = (Streams.Shares(config.Prefix), Streams.Committed(config.Prefix));
        _shipped = Streams.Shipped(config.Prefix);
        _marks = new ConcurrentDictionary<SourceKey, ulong>(marks);
    }

    /// <inheritdoc/>
    public string Name => $"Redis at {_redis.Address}";

    /// <summary>Connects, makes the group if need be and publishes all marks.</summary>
    /// <param name="config">Section <c>common.redis</c>.</param>
    /// <param name="consumer">This consumer's name in the group.</param>
    /// <param name="marks">What is committed.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<RedisSource> ConnectAsync(
        RedisConfig config, string consumer, IReadOnlyDictionary<SourceKey, ulong> marks, CancellationToken cancel)
    {
        var redis = await RedisClient.ConnectAsync(config, cancel);
        RedisClient? reading = null;
        try
        {
            reading = await RedisClient.ConnectAsync(config, cancel);
            var source = new RedisSource(redis, reading, config, consumer, marks);
            await source.MakeGroupAsync();
            return source;
        }
        catch
        {
            await redis.DisposeAsync();
            if (reading is not null) await reading.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Delivery>> ReadAsync(CancellationToken cancel)
    {
        try
        {
            cancel.ThrowIfCancellationRequested();
            return await ReadNextAsync();
        }
        catch (RedisException error) when (IsGroupGone(error))
        {
            await MakeGroupAsync();
            (_hasRestarted, _pendingFrom) = (true, null);
            return [];
        }
    }

    /// <inheritdoc/>
    public async Task PublishAsync(IReadOnlyDictionary<SourceKey, ulong> marks)
    {
        foreach (var (source, mark) in marks) _marks[source] = mark;
        await Task.WhenAll(marks.Select(mark => _redis.HSetAsync(_committed, mark.Key.ToString(), mark.Value.ToString())));
    }

    /// <inheritdoc/>
    public async Task DoneAsync(IReadOnlyList<Delivery> deliveries)
    {
        if (deliveries.Count > 0) await _redis.XAckAsync(_stream, Streams.Group, [.. deliveries.Select(delivery => delivery.Id)]);
        if (Environment.TickCount64 < _trimAt) return;
        _trimAt = Environment.TickCount64 + TrimEveryMs;
        await TrimAsync();
    }

    /// <inheritdoc/>
    public void Rewind(IReadOnlyDictionary<SourceKey, ulong> marks) => _pendingFrom = FromStart;

    /// <inheritdoc/>
    public bool TakeRestarted() => (_hasRestarted, _hasRestarted = false).Item1;

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<SourceKey, Completeness>> CompleteAsync()
    {
        var complete = new Dictionary<SourceKey, Completeness>();
        foreach (var (field, stamp) in await _redis.HGetAllAsync(_shipped))
            if (SourceKey.TryParse(field, out var source) && TryParseStamp(stamp, out var value)) complete.Add(source, value);
        return complete;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _reading.DisposeAsync();
        await _redis.DisposeAsync();
    }

    private static bool TryParseStamp(string stamp, out Completeness complete)
    {
        complete = default;
        var space = stamp.IndexOf(' ', StringComparison.Ordinal);
        if (space < 0
            || !ulong.TryParse(stamp.AsSpan(0, space), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            || !long.TryParse(stamp.AsSpan(space + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var ms)) return false;

        complete = new Completeness(sequence, ms);
        return true;
    }

    private async Task<IReadOnlyList<Delivery>> ReadNextAsync()
    {
        if (Environment.TickCount64 >= _claimAt)
        {
            _claimAt = Environment.TickCount64 + ClaimEveryMs;
            if (await ClaimAsync()) _pendingFrom = FromStart;
        }

        if (_pendingFrom is { } from)
        {
            var pending = await _reading.XReadGroupAsync(_stream, Streams.Group, _consumer, MessagesAtOnce, from: from);
            _pendingFrom = pending.Count == 0 ? null : pending[^1].Id;
            if (pending.Count > 0) return Deliveries(pending);
        }

        return Deliveries(await _reading.XReadGroupAsync(_stream, Streams.Group, _consumer, MessagesAtOnce, BlockMs));
    }

    /// <summary>
    /// A message that was deleted while it was pending has no bytes: there is nothing to apply, and it can be acknowledged.
    /// </summary>
    private static Delivery[] Deliveries(IReadOnlyList<StreamMessage> messages) =>
        [.. messages.Select(message => new Delivery(message.Id, message.Bytes))];

    /// <summary>Takes over what consumers of other names left behind; it comes with our own pending messages then.</summary>
    private async Task<bool> ClaimAsync()
    {
        var (cursor, any) = (FromStart, false);
        do
        {
            var (next, messages) = await _redis.XAutoClaimAsync(_stream, Streams.Group, _consumer, ClaimIdleMs, cursor, MessagesAtOnce);
            any |= messages.Count > 0;
            cursor = next;
        }
        while (cursor != FromStart);
        return any;
    }

    /// <summary>
    /// Below the oldest pending message, or, when none is pending, below the last delivered one, everything is acknowledged and so
    /// committed.
    /// </summary>
    private async Task TrimAsync()
    {
        var group = (await _redis.XInfoGroupsAsync(_stream)).FirstOrDefault(candidate => candidate.Name == Streams.Group);
        if (group.Name is null) return;

        var pending = (await _redis.CallAsync("XPENDING", _stream, Streams.Group)).OrThrow();
        var oldest = pending.Items.Count > 1 && pending.Items[0].Number > 0 ? pending.Items[1].Text! : group.LastDeliveredId;
        await _redis.XTrimMinIdAsync(_stream, oldest);
    }

    private async Task MakeGroupAsync()
    {
        await _redis.XGroupCreateAsync(_stream, Streams.Group, "0");
        await PublishAsync(_marks.ToDictionary());
    }

    private static bool IsGroupGone(RedisException error) =>
        error.Message.StartsWith("NOGROUP", StringComparison.Ordinal) || error.Message.StartsWith("UNBLOCKED", StringComparison.Ordinal);
}
