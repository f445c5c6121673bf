using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Contracts.Redis;

namespace Viddhana.Backoffice.Engines;

/// <summary>Where engines find names and bans. One caller at a time; a world that fails throws.</summary>
internal interface IDirectoryTarget : IAsyncDisposable
{
    /// <summary>The version that lies there, or null.</summary>
    Task<string?> VersionAsync(CancellationToken cancel);

    /// <summary>Replaces the document whole.</summary>
    Task PublishAsync(string version, byte[] document, CancellationToken cancel);
}

/// <summary>A hash in Redis; both fields are set by one command.</summary>
internal sealed class RedisDirectoryTarget(RedisConfig config) : IDirectoryTarget
{
    private readonly string _key = Streams.Directory(config.Prefix);
    private RedisClient? _redis;

    public async Task<string?> VersionAsync(CancellationToken cancel) =>
        await (await RedisAsync(cancel)).HGetAsync(_key, Streams.DirectoryVersion);

    public async Task PublishAsync(string version, byte[] document, CancellationToken cancel)
    {
        var redis = await RedisAsync(cancel);
        (await redis.CallAsync("HSET", _key, Streams.DirectoryVersion, version, Streams.DirectoryDocument, document)).OrThrow();
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

/// <summary>A file beside the committed marks, replaced whole and flushed: after a crash it has the old content or the new.</summary>
internal sealed class FileDirectoryTarget(string committedDirectory) : IDirectoryTarget
{
    private readonly string _path = Path.Combine(committedDirectory, Streams.DirectoryDocument);
    private string? _version;

    public Task<string?> VersionAsync(CancellationToken cancel) => Task.FromResult(File.Exists(_path) ? _version : null);

    public async Task PublishAsync(string version, byte[] document, CancellationToken cancel)
    {
        Directory.CreateDirectory(committedDirectory);
        var temporary = _path + ".new";
        await using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        {
            await file.WriteAsync(document, cancel);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, _path, overwrite: true);
        _version = version;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
