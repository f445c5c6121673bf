namespace Viddhana.Backoffice.Engines;

/// <summary>How much an alert matters.</summary>
public enum Severity
{
    /// <summary>Worth knowing.</summary>
    Info,

    /// <summary>Something is wrong and the pool copes; look today.</summary>
    Warning,

    /// <summary>Work, shares or money are at stake; look now.</summary>
    Critical,
}

/// <summary>Something that is wrong at this moment. The same kind and subject is the same alert, whatever else changes.</summary>
/// <param name="Kind">A stable word in kebab-case: <c>node-down</c>.</param>
/// <param name="Subject">Of what: <c>engine 0, pool btc, node 10.0.0.2:8332</c>.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="What">What is wrong, with figures; without secrets.</param>
/// <param name="Do">What to do about it.</param>
public sealed record Finding(string Kind, string Subject, Severity Severity, string What, string Do);

/// <summary>Looks whether something is wrong. Registered as a service, its findings become alerts.</summary>
public interface IAlertSource
{
    /// <summary>Most findings of one source that count.</summary>
    const int FindingsMax = 100;

    /// <summary>
    /// All that is wrong now. Asked every five seconds, one call at a time; answers within seconds. What it throws becomes a finding
    /// itself.
    /// </summary>
    Task<IReadOnlyList<Finding>> LookAsync(CancellationToken cancel);
}

/// <summary>A finding that has lasted.</summary>
/// <param name="Finding">As of the last look.</param>
/// <param name="Since">When it was seen first.</param>
public sealed record Alert(Finding Finding, DateTimeOffset Since);
