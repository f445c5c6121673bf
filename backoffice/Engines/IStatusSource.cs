using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Contracts.Redis;

namespace Viddhana.Backoffice.Engines;

/// <summary>Where the engines' status documents come from. One caller at a time.</summary>
internal interface IStatusSource : IAsyncDisposable
{
    /// <summary>All documents there are, with a name for messages. A world that fails throws.</summary>
    Task<IReadOnlyList<(string Name, byte[] Document)>> ReadAsync(CancellationToken cancel);
}

/// <summary>From the hash in Redis.</summary>
internal sealed class RedisStatusSource(RedisConfig config) : IStatusSource
{
    private const int EnginesMax = 1_024;   // instance ids are 0 to 1023

    private readonly string _key = Streams.Status(config.Prefix);
    private RedisClient? _redis;

    public async Task<IReadOnlyList<(string Name, byte[] Document)>> ReadAsync(CancellationToken cancel)
    {
        var redis = await RedisAsync(cancel);
        var items = (await redis.CallAsync("HGETALL", _key)).OrThrow().Items;
        var documents = new List<(string, byte[])>();
        for (var i = 0; i + 1 < items.Count && documents.Count < EnginesMax; i += 2)
            documents.Add(($"engine {items[i].Text}", items[i + 1].Bytes));
        return documents;
    }

    public async ValueTask DisposeAsync()
    {
        if (_redis is not null) await _redis.DisposeAsync();
    }

    private async Task<RedisClient> RedisAsync(CancellationToken cancel)
    {
        if (_redis is { IsConnected: true }) return _redis;

        if (_redis is not null) await _redis.DisposeAsync();
        _redis = null;
        return _redis = await RedisClient.ConnectAsync(config, cancel);
    }
}

/// <summary>From the journal directories of the engines on this machine.</summary>
internal sealed class FileStatusSource(IReadOnlyList<string> journalDirectories) : IStatusSource
{
    public async Task<IReadOnlyList<(string Name, byte[] Document)>> ReadAsync(CancellationToken cancel)
    {
        var documents = new List<(string, byte[])>();
        foreach (var directory in journalDirectories)
        {
            var path = Path.Combine(directory, JournalFiles.Status);
            if (!File.Exists(path)) continue;
            if (new FileInfo(path).Length > EngineStatus.BytesMax)
                throw new IOException($"{path} is longer than {EngineStatus.BytesMax} bytes");
            documents.Add((path, await File.ReadAllBytesAsync(path, cancel)));
        }

        return documents;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
