namespace Viddhana.Backoffice.Shares;

/// <summary>
/// Where entries come from: the Redis stream or journal directories. What is read and not reported done comes again after a restart.
/// </summary>
public interface IShareSource : IAsyncDisposable
{
    /// <summary>Where, for messages; without credentials.</summary>
    string Name { get; }

    /// <summary>The next deliveries; waits a moment when there is nothing, then returns empty.</summary>
    Task<IReadOnlyList<Delivery>> ReadAsync(CancellationToken cancel);

    /// <summary>Tells the engines what is committed: from then on they may delete it.</summary>
    Task PublishAsync(IReadOnlyDictionary<SourceKey, ulong> marks);

    /// <summary>These deliveries are committed and published: they need not come again.</summary>
    Task DoneAsync(IReadOnlyList<Delivery> deliveries);

    /// <summary>Begins again behind these marks.</summary>
    void Rewind(IReadOnlyDictionary<SourceKey, ulong> marks);

    /// <summary>True once after the source itself has begun again (its store was emptied): what waits in memory will come again.</summary>
    bool TakeRestarted();

    /// <summary>By source: how far it is known to be complete. Absent where nothing is known.</summary>
    Task<IReadOnlyDictionary<SourceKey, Completeness>> CompleteAsync();
}

/// <summary>All that an engine recorded up to a time has sequences up to this one. It stays true.</summary>
/// <param name="Sequence">The last of them; 0 if there are none.</param>
/// <param name="Ms">Unix milliseconds, the engine's clock.</param>
public readonly record struct Completeness(ulong Sequence, long Ms);
