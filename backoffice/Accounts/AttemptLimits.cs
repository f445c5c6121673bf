namespace Viddhana.Backoffice.Accounts;

/// <summary>
/// Slows guessing down: after a few failures each further one doubles the wait, until a success or a quiet hour. Counted in memory, by
/// address and by login; a bounded number of subjects.
/// </summary>
internal sealed class AttemptLimits(TimeProvider time)
{
    private const int SubjectsMax = 100_000;

    /// <summary>Failures that cost nothing: people mistype.</summary>
    private const int FreeFailures = 5;

    private static readonly TimeSpan QuietTime = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Failures> _subjects = new(StringComparer.Ordinal);

    private record struct Failures(int Count, DateTimeOffset Last, DateTimeOffset Until);

    /// <summary>How long to wait before the next attempt on any of the subjects; null: none.</summary>
    public TimeSpan? Wait(params ReadOnlySpan<string> subjects)
    {
        var now = time.GetUtcNow();
        var until = now;
        lock (_lock)
        {
            foreach (var subject in subjects)
                if (_subjects.TryGetValue(subject, out var failures) && failures.Until > until) until = failures.Until;
        }

        return until > now ? until - now : null;
    }

    /// <summary>
    /// Counts a failure. <paramref name="waitMax"/> is short for logins, since anyone can fail in another's name, and long for addresses.
    /// </summary>
    public void Fail(string subject, TimeSpan waitMax)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            if (_subjects.Count >= SubjectsMax) Forget(now);
            var before = _subjects.TryGetValue(subject, out var known) && now - known.Last < QuietTime ? known.Count : 0;
            var count = Math.Min(before + 1, 1_000);
            var wait = count <= FreeFailures
                ? TimeSpan.Zero
                : TimeSpan.FromSeconds(Math.Min(waitMax.TotalSeconds, Math.Pow(2, Math.Min(count - FreeFailures, 20))));
            _subjects[subject] = new Failures(count, now, now + wait);
        }
    }

    /// <summary>Forgets the failures of a subject.</summary>
    public void Succeed(string subject)
    {
        lock (_lock) _subjects.Remove(subject);
    }

    /// <summary>Those that are quiet go; if none is, all go: being forgotten is better than growing.</summary>
    private void Forget(DateTimeOffset now)
    {
        foreach (var (subject, failures) in _subjects)
            if (now - failures.Last >= QuietTime) _subjects.Remove(subject);
        if (_subjects.Count >= SubjectsMax) _subjects.Clear();
    }
}
