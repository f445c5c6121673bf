using System.Net;

namespace Viddhana.Engine.Net;

/// <summary>Which connections an operator means: those of an address range, of a worker, or of both together.</summary>
/// <param name="Range">Only connections from there; null: from anywhere.</param>
/// <param name="Worker">Only connections with this worker, or with one of this account; null: with any.</param>
internal sealed record ConnectionChoice(IPNetwork? Range, byte[]? Worker)
{
    /// <summary>True where the connection is meant. On its loop.</summary>
    public bool Includes(MinerConnection connection) =>
        (Range is not { } range || range.Contains(connection.Address)) && (Worker is null || connection.Session.HasWorker(Worker));
}
