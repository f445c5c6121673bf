namespace Viddhana.Contracts;

/// <summary>Names in Redis and on disk that both programs share. Each takes the configured prefix (<c>viddhana:</c>).</summary>
public static class Streams
{
    /// <summary>The stream of share batches: one field <c>b</c>, one or more whole entries one after another.</summary>
    public static string Shares(string prefix) => prefix + "shares";

    /// <summary>The stream's field.</summary>
    public const string BatchField = "b";

    /// <summary>Consumer group of the backoffice.</summary>
    public const string Group = "backoffice";

    /// <summary>
    /// Hash: field <c>ENGINE:EPOCH</c> (decimal : 16 hex digits), value the last sequence that is committed in PostgreSQL.
    /// </summary>
    public static string Committed(string prefix) => prefix + "committed";

    /// <summary>
    /// Hash: field as in <see cref="Committed"/>, value <c>SEQUENCE MS</c>: all that the engine recorded up to that time (Unix
    /// milliseconds, the engine's clock) has sequences up to this one. The engine says so again every few seconds while nothing waits to
    /// be sent. It is about the journal, so it stays true whatever Redis forgets.
    /// </summary>
    public static string Shipped(string prefix) => prefix + "shipped";

    /// <summary>
    /// The field of <see cref="Committed"/>, and the file name in the committed directory of embedded mode (with <c>-</c> for <c>:</c>).
    /// </summary>
    public static string CommittedField(int engineId, ulong epoch) => $"{engineId}:{epoch:x16}";

    /// <summary>Key that holds the epoch (16 hex digits) of the engine with this id; it does not expire.</summary>
    public static string Engine(string prefix, int engineId) => $"{prefix}engine:{engineId}";

    /// <summary>
    /// Hash of a pool: the difficulty its workers had last, for other engines. Field: the worker's hash modulo
    /// <see cref="DifficultyFields"/>, so that it never has more; value <c>HASH DIFFICULTY MS</c>: the first 16 bytes of the SHA-256 of the
    /// worker's full name (32 hex digits), the difficulty in decimal, when it was measured (Unix milliseconds). It may be lost at any time.
    /// </summary>
    public static string Difficulties(string prefix, string poolId) => $"{prefix}difficulties:{poolId}";

    /// <summary>Most fields of <see cref="Difficulties"/>: about 30 MB in Redis.</summary>
    public const int DifficultyFields = 1 << 18;

    /// <summary>
    /// Hash: field the engine's id, value its status (JSON). It stays when the engine is gone, so that its last words can be read; whether
    /// it lives is told by the document's changing.
    /// </summary>
    public static string Status(string prefix) => prefix + "status";

    /// <summary>
    /// Hash of what engines are told: <see cref="DirectoryVersion"/> and <see cref="DirectoryDocument"/>. An engine that finds none keeps
    /// what it knows.
    /// </summary>
    public static string Directory(string prefix) => prefix + "directory";

    /// <summary>Field of <see cref="Directory"/>: the document's version, cheap to look at every second.</summary>
    public const string DirectoryVersion = "version";

    /// <summary>Field of <see cref="Directory"/>: the document; and its file in the committed directory of embedded mode.</summary>
    public const string DirectoryDocument = "directory";

    /// <summary>
    /// How long before now an engine's records count as complete: an entry is written some milliseconds after the share times in it; a
    /// stalled disk may take seconds.
    /// </summary>
    public const long WriteDelayMs = 10_000;

    /// <summary>Directory under the data directory where the backoffice publishes committed marks in embedded mode.</summary>
    public const string CommittedDirectory = "committed";

    /// <summary>Most bytes of one stream message.</summary>
    public const int MessageMax = 64 << 10;
}
