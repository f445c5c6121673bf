using Viddhana.Contracts;

namespace Viddhana.Engine.Status;

/// <summary>Through files where there is no Redis: the status in the journal directory, the directory beside the committed marks.</summary>
/// <param name="journalDirectory">The engine's own.</param>
/// <param name="committedDirectory">The backoffice's, where the engine only reads.</param>
internal sealed class FileWire(string journalDirectory, string committedDirectory) : IBackofficeWire
{
    private readonly string _status = Path.Combine(journalDirectory, JournalFiles.Status);
    private readonly string _directory = Path.Combine(committedDirectory, Streams.DirectoryDocument);
    private (DateTime WrittenAt, long Length) _seen;

    /// <summary>Replaced whole, so that no reader sees half of it; not flushed, because it is old after two seconds.</summary>
    public Task TellAsync(ReadOnlyMemory<byte> status)
    {
        var temporary = _status + ".new";
        using (var file = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write)) RandomAccess.Write(file, status.Span, 0);
        File.Move(temporary, _status, overwrite: true);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<byte[]?> AskAsync(string version)
    {
        var file = new FileInfo(_directory);
        if (!file.Exists || (file.LastWriteTimeUtc, file.Length) == _seen) return Task.FromResult<byte[]?>(null);

        var seen = (file.LastWriteTimeUtc, file.Length);
        var document = File.ReadAllBytes(_directory);
        _seen = seen;
        return Task.FromResult<byte[]?>(document);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
