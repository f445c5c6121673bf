namespace Viddhana.Engine.Status;

/// <summary>How status documents leave and the directory comes: through Redis or through files. One thread at a time.</summary>
internal interface IBackofficeWire : IAsyncDisposable
{
    /// <summary>Hands over a status document; what fails is thrown.</summary>
    Task TellAsync(ReadOnlyMemory<byte> status);

    /// <summary>The directory if it is another than the one of this version; null: it is the same, or there is none.</summary>
    Task<byte[]?> AskAsync(string version);
}
