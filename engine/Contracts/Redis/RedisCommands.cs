namespace Viddhana.Contracts.Redis;

/// <summary>One message of a stream: its id and the bytes of its first field.</summary>
public readonly record struct StreamMessage(string Id, byte[] Bytes);

/// <summary>A consumer group as XINFO GROUPS tells it.</summary>
/// <param name="Lag">Messages not yet delivered; null where Redis cannot tell.</param>
public readonly record struct StreamGroup(string Name, long Pending, string LastDeliveredId, long? Lag);

/// <summary>The commands that the two programs use, typed. An error reply throws <see cref="RedisException"/>.</summary>
public static class RedisCommands
{
    /// <summary>Appends a message with one field; returns its id as the raw reply (pipelined callers look at errors themselves).</summary>
    public static Task<RespValue> XAddAsync(this RedisClient redis, string stream, string field, ReadOnlyMemory<byte> value) =>
        redis.CallAsync("XADD", stream, "*", field, value);

    /// <summary>
    /// Reads new messages of the group (<paramref name="from"/> <c>&gt;</c>) or this consumer's pending ones (an id). Waits up to
    /// <paramref name="blockMs"/> milliseconds; 0 does not wait. Deleted messages have no bytes.
    /// </summary>
    public static async Task<IReadOnlyList<StreamMessage>> XReadGroupAsync(
        this RedisClient redis, string stream, string group, string consumer, int count, int blockMs = 0, string from = ">")
    {
        RedisArg[] block = blockMs > 0 ? ["BLOCK", blockMs] : [];
        RedisArg[] arguments = ["XREADGROUP", "GROUP", group, consumer, "COUNT", count, .. block, "STREAMS", stream, from];
        var streams = (await redis.CallAsync(redis.TimeoutMs + blockMs, arguments)).OrThrow().Items;
        return streams.Count == 0 ? [] : Messages(streams[0].Items[1]);
    }

    /// <summary>
    /// Takes over messages that have been pending for at least <paramref name="idleMs"/>; the cursor <c>0-0</c> is the end.
    /// </summary>
    public static async Task<(string Cursor, IReadOnlyList<StreamMessage> Messages)> XAutoClaimAsync(
        this RedisClient redis, string stream, string group, string consumer, long idleMs, string cursor, int count)
    {
        var reply = (await redis.CallAsync("XAUTOCLAIM", stream, group, consumer, idleMs, cursor, "COUNT", count)).OrThrow();
        return (reply.Items[0].Text!, Messages(reply.Items[1]));
    }

    /// <summary>Reads messages with ids in a range (<c>-</c>, <c>+</c>, or ids), whoever has read them.</summary>
    public static async Task<IReadOnlyList<StreamMessage>> XRangeAsync(
        this RedisClient redis, string stream, string from, string to, int count) =>
        Messages((await redis.CallAsync("XRANGE", stream, from, to, "COUNT", count)).OrThrow());

    /// <summary>Acknowledges messages; returns how many were pending.</summary>
    public static async Task<long> XAckAsync(this RedisClient redis, string stream, string group, IReadOnlyList<string> ids)
    {
        if (ids.Count == 0) return 0;
        var arguments = new List<RedisArg>(ids.Count + 3) { "XACK", stream, group };
        foreach (var id in ids) arguments.Add(id);
        return (await redis.CallAsync([.. arguments])).OrThrow().Number ?? 0;
    }

    /// <summary>Makes the group, and the stream if need be; false if the group is there already.</summary>
    public static async Task<bool> XGroupCreateAsync(this RedisClient redis, string stream, string group, string from)
    {
        var reply = await redis.CallAsync("XGROUP", "CREATE", stream, group, from, "MKSTREAM");
        if (reply.IsErrorOf("BUSYGROUP")) return false;
        reply.OrThrow();
        return true;
    }

    /// <summary>Deletes messages with ids below <paramref name="minId"/>; returns how many.</summary>
    public static async Task<long> XTrimMinIdAsync(this RedisClient redis, string stream, string minId) =>
        (await redis.CallAsync("XTRIM", stream, "MINID", minId)).OrThrow().Number ?? 0;

    /// <summary>Messages in the stream; 0 if it is missing.</summary>
    public static async Task<long> XLenAsync(this RedisClient redis, string stream) =>
        (await redis.CallAsync("XLEN", stream)).OrThrow().Number ?? 0;

    /// <summary>Groups of the stream; empty if it is missing.</summary>
    public static async Task<IReadOnlyList<StreamGroup>> XInfoGroupsAsync(this RedisClient redis, string stream)
    {
        var reply = await redis.CallAsync("XINFO", "GROUPS", stream);
        if (reply.IsErrorOf("ERR no such key")) return [];
        var groups = new List<StreamGroup>();
        foreach (var group in reply.OrThrow().Items) groups.Add(ReadGroup(group));
        return groups;
    }

    /// <summary>Sets a field of a hash.</summary>
    public static async Task HSetAsync(this RedisClient redis, string key, string field, RedisArg value) =>
        (await redis.CallAsync("HSET", key, field, value)).OrThrow();

    /// <summary>A field of a hash, or null.</summary>
    public static async Task<string?> HGetAsync(this RedisClient redis, string key, string field) =>
        (await redis.CallAsync("HGET", key, field)).OrThrow().Text;

    /// <summary>All fields of a hash.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> HGetAllAsync(this RedisClient redis, string key)
    {
        var items = (await redis.CallAsync("HGETALL", key)).OrThrow().Items;
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i + 1 < items.Count; i += 2) fields[items[i].Text!] = items[i + 1].Text!;
        return fields;
    }

    /// <summary>Sets a key that is absent; false if it is there.</summary>
    public static async Task<bool> SetIfAbsentAsync(this RedisClient redis, string key, RedisArg value) =>
        !(await redis.CallAsync("SET", key, value, "NX")).OrThrow().IsNull;

    /// <summary>A key's value, or null.</summary>
    public static async Task<string?> GetAsync(this RedisClient redis, string key) => (await redis.CallAsync("GET", key)).OrThrow().Text;

    /// <summary>Deletes a key; false if it was absent.</summary>
    public static async Task<bool> DelAsync(this RedisClient redis, string key) => (await redis.CallAsync("DEL", key)).OrThrow().Number > 0;

    /// <summary>Asks for a sign of life.</summary>
    public static async Task PingAsync(this RedisClient redis) => (await redis.CallAsync("PING")).OrThrow();

    private static List<StreamMessage> Messages(RespValue list)
    {
        var messages = new List<StreamMessage>(list.Items.Count);
        foreach (var item in list.Items)
            if (item.Items.Count == 2) messages.Add(ReadMessage(item));

        return messages;
    }

    private static StreamMessage ReadMessage(RespValue item)
    {
        var fields = item.Items[1].Items;
        return new StreamMessage(item.Items[0].Text!, fields.Count > 1 ? fields[1].Bytes : []);
    }

    private static StreamGroup ReadGroup(RespValue group)
    {
        var fields = new Dictionary<string, RespValue>(StringComparer.Ordinal);
        for (var i = 0; i + 1 < group.Items.Count; i += 2) fields[group.Items[i].Text!] = group.Items[i + 1];
        var lag = fields.TryGetValue("lag", out var value) ? value.Number : null;
        return new StreamGroup(fields["name"].Text!, fields["pending"].Number ?? 0, fields["last-delivered-id"].Text!, lag);
    }
}
