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
    /// The field of <see cref="Committed"/>, and the file name in the committed directory of embedded mode (with <c>-</c> for <c>:</c>).
    /// </summary>
    public static string CommittedField(int engineId, ulong epoch) => $"{engineId}:{epoch:x16}";

    /// <summary>Key that holds the epoch (16 hex digits) of the engine with this id; it does not expire.</summary>
    public static string Engine(string prefix, int engineId) => $"{prefix}engine:{engineId}";

    /// <summary>Directory under the data directory where the backoffice publishes committed marks in embedded mode.</summary>
    public const string CommittedDirectory = "committed";

    /// <summary>Most bytes of one stream message.</summary>
    public const int MessageMax = 64 << 10;
}
