namespace Viddhana.Backoffice.Health;

/// <summary>Something the backoffice needs. Registered as a service, it gets its entry in <c>/ready</c>.</summary>
public interface IDependency
{
    /// <summary>Its entry's name: <c>postgres</c>, <c>node:btc</c>. Told also where it gives no answer in time.</summary>
    string Name => GetType().Name;

    /// <summary>How it is. Answers within a second or two; a failure is an entry, not an exception.</summary>
    Task<HealthEntry> CheckAsync(CancellationToken cancel);
}

/// <summary>One entry of <c>/ready</c>.</summary>
/// <param name="Name">What: <c>postgres</c>, <c>shares</c>, <c>node:btc</c>.</param>
/// <param name="Ok">False: it does not work.</param>
/// <param name="Detail">In words, without secrets.</param>
public sealed record HealthEntry(string Name, bool Ok, string Detail)
{
    /// <summary>False: a fault is shown, and the backoffice is ready all the same.</summary>
    public bool IsRequired { get; init; } = true;
}
