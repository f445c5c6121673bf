using System.Globalization;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Contracts.Published;
using Viddhana.Contracts.Redis;

namespace Viddhana.Engine.Status;

/// <summary>Through two hashes in Redis, on a connection of its own: shares never wait for it, nor it for them.</summary>
internal sealed class RedisWire(RedisConfig config, int engineId) : IBackofficeWire
{
    private readonly string _status = Streams.Status(config.Prefix);
    private readonly string _directory = Streams.Directory(config.Prefix);
    private readonly string _field = engineId.ToString(CultureInfo.InvariantCulture);
    private RedisClient? _redis;

    /// <inheritdoc/>
    public async Task TellAsync(ReadOnlyMemory<byte> status) => await (await RedisAsync()).HSetAsync(_status, _field, status);

    /// <inheritdoc/>
    public async Task<byte[]?> AskAsync(string version)
    {
        var redis = await RedisAsync();
        var published = await redis.HGetAsync(_directory, Streams.DirectoryVersion);
        if (published is null || published == version) return null;

        var reply = (await redis.CallAsync("HGET", _directory, Streams.DirectoryDocument)).OrThrow();
        return reply.IsNull || reply.Bytes.Length > PublishedDirectory.BytesMax ? null : reply.Bytes;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_redis is not null) await _redis.DisposeAsync();
    }

    // A broken connection is replaced at the next call.
    private async Task<RedisClient> RedisAsync()
    {
        if (_redis is { IsConnected: true }) return _redis;

        if (_redis is not null) await _redis.DisposeAsync();
        _redis = null;
        return _redis = await RedisClient.ConnectAsync(config);
    }
}
