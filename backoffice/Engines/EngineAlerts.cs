using System.Globalization;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Engines;

/// <summary>What is wrong with engines themselves: whether they live, their journals, Redis, certificates, ports, limits.</summary>
internal sealed class EngineAlerts(EngineBoard board, EngineQueries queries, DirectoryPublisher publisher, TimeProvider time) : IAlertSource
{
    private const double JournalFull = 0.8;
    private const double SlowFsyncMs = 1_000;
    private const double NearlyAll = 0.9;
    private const long LoopSilentMs = 10_000;

    private static readonly TimeSpan Recent = TimeSpan.FromDays(7);
    private static readonly TimeSpan RisenFor = TimeSpan.FromMinutes(5);

    private readonly Dictionary<(int Engine, string Counter), (long Value, DateTimeOffset? RisenAt)> _counters = [];

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Finding>> LookAsync(CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var found = new List<Finding>();
        if (board.Trouble is { } trouble)
            found.Add(new(
                "status-unread",
                "backoffice",
                Severity.Warning,
                $"the engines' status cannot be read: {trouble}",
                "start Redis, or let the backoffice's user read the journal directory"));
        var journals = await JournalsAsync(cancel);
        foreach (var view in board.Engines)
        {
            var isReleased = journals.Exists(
                row => (row.Engine, row.Journal.Epoch) == (view.Status.Engine, view.Status.Epoch) && row.Journal.Released is not null);
            if (!isReleased) Life(view, now, found);
            if (view.Life == EngineLife.Ok) Inside(view.Status, now, found);
        }

        Unknown(journals, now, found);
        Versions(found);
        return found;
    }

    // Engines are watched while the database is away, too.
    private async Task<List<(int Engine, JournalAnswer Journal)>> JournalsAsync(CancellationToken cancel)
    {
        try
        {
            return await queries.JournalsAsync(cancel);
        }
        catch (Exception error) when (ActiveLoop.IsTheWorlds(error))
        {
            return [];   // that it is away is told by its own entry
        }
    }

    private static string Name(EngineStatus status) => $"engine {status.Engine}";

    private static void Life(EngineView view, DateTimeOffset now, List<Finding> found)
    {
        var (status, name) = (view.Status, Name(view.Status));
        var release = $"if it is gone for good: viddhana-backoffice engine release {status.Engine}";
        if (view.Life == EngineLife.Silent)
            found.Add(new(
                "engine-silent",
                name,
                Severity.Critical,
                $"has said nothing since {view.LastSeen.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC (on {status.Host})",
                $"look at its process and its log on {status.Host}; its journal keeps what is not committed; {release}"));
        if (view.Life == EngineLife.Stopped)
            found.Add(new(
                "engine-stopped", name, Severity.Warning, $"was stopped on {status.Host}", $"start it again; {release}"));
    }

    private void Inside(EngineStatus status, DateTimeOffset now, List<Finding> found)
    {
        var name = Name(status);
        if (status.LoopSilentMs > LoopSilentMs)
            found.Add(new(
                "engine-hangs", name, Severity.Critical, $"a thread has not moved for {status.LoopSilentMs / 1_000} s",
                "restart it; keep its log and write to us"));
        foreach (var listener in status.Listeners)
            if (listener.Trouble is { } trouble)
                found.Add(new(
                    "port-closed", $"{name}, port {listener.Port}", Severity.Critical, trouble,
                    "raise the limit of open files (LimitNOFILE)"));

        Journal(status, found);
        Redis(status, found);
        Certificate(status, now, found);
        Directory(status, found);
        Limits(status, now, found);
    }

    private static void Journal(EngineStatus status, List<Finding> found)
    {
        var (name, journal) = (Name(status), status.Journal);
        if (journal.Trouble is { } trouble)
            found.Add(new(
                "journal-failing", name, Severity.Critical, $"shares are refused: {trouble}",
                "free disk, or start the backoffice, which empties the journal; writing is tried again every second"));
        else if (journal.Fill >= JournalFull)
            found.Add(new(
                "journal-filling",
                name,
                Severity.Critical,
                string.Create(CultureInfo.InvariantCulture, $"the journal is {journal.Fill:P0} full; at 100 % shares are refused"),
                "the backoffice does not commit: see its other alerts; raise engine.journal.max_bytes if there is disk"));
        if (journal.FsyncWorstMs >= SlowFsyncMs)
            found.Add(new(
                "journal-slow",
                name,
                Severity.Warning,
                string.Create(CultureInfo.InvariantCulture, $"a flush to the disk took {journal.FsyncWorstMs:0} ms"),
                "see what else writes to that disk; a dying disk begins so"));
    }

    private static void Redis(EngineStatus status, List<Finding> found)
    {
        if (status.Redis is not { Ok: false } redis) return;
        found.Add(new(
            "redis-down",
            Name(status),
            redis.State is "refused" or "damaged" ? Severity.Critical : Severity.Warning,
            $"{redis.Detail} ({redis.Lag} sequences wait in the journal)",
            "start Redis, empty or not: nothing is lost, the engine sends again what is not committed"));
    }

    private static void Certificate(EngineStatus status, DateTimeOffset now, List<Finding> found)
    {
        if (status.Tls is not { } tls) return;

        var left = DateTimeOffset.FromUnixTimeMilliseconds(tls.NotAfter) - now;
        var subject = $"{Name(status)}, {tls.Subject}";
        if (left < TimeSpan.FromDays(14))
            found.Add(new(
                "certificate-expiring",
                subject,
                left < TimeSpan.FromDays(3) ? Severity.Critical : Severity.Warning,
                left < TimeSpan.Zero ? "the TLS certificate has expired" : $"the TLS certificate ends in {left.Days} days",
                "renew it; the engine takes new files up by itself; its fingerprint changes: tell miners who pin it"));
        if (tls.Trouble is { } trouble)
            found.Add(new(
                "certificate-refused", subject, Severity.Warning, $"the new files cannot be used, the old certificate stays: {trouble}",
                "put certificate and key right; they are looked at every 2 s"));
    }

    private void Directory(EngineStatus status, List<Finding> found)
    {
        if (status.Directory.Trouble is { } trouble)
            found.Add(new(
                "directory-refused", Name(status), Severity.Warning, $"names and bans: {trouble}",
                "see the engine's disk and both versions"));
        if (publisher.Version is { } version && status.Directory.Version != version)
            found.Add(new(
                "directory-behind", Name(status), Severity.Warning, "it does not know the newest names and bans",
                "see whether it reaches Redis, or reads the committed directory"));
        if (publisher.NamesDropped > 0)
            found.Add(new(
                "names-full", "backoffice", Severity.Warning, $"{publisher.NamesDropped} stratum names are not published: too many",
                "close registration (backoffice.access.registration) and write to us"));
    }

    private void Limits(EngineStatus status, DateTimeOffset now, List<Finding> found)
    {
        var name = Name(status);
        if (status.ConnectionsMax > 0 && status.Connections >= NearlyAll * status.ConnectionsMax)
            found.Add(new(
                "connections-nearly-full", name, Severity.Warning, $"{status.Connections} of {status.ConnectionsMax} connections are taken",
                "raise engine.limits.connections and LimitNOFILE, or add an engine; see the address that has most"));
        if (HasRisen(status, "refused_full", now))
            found.Add(new(
                "connections-full", name, Severity.Critical, "miners were turned away: no connection is free",
                "raise engine.limits.connections and LimitNOFILE, or add an engine"));
        if (HasRisen(status, "closed_fault", now))
            found.Add(new(
                "session-faults", name, Severity.Warning, "connections were closed by a fault of the engine",
                "the log says which; keep it and write to us"));
    }

    /// <summary>True for some minutes after a counter has risen. The first value of a process only counts from there.</summary>
    private bool HasRisen(EngineStatus status, string counter, DateTimeOffset now)
    {
        var value = status.Limits.GetValueOrDefault(counter);
        var (before, risenAt) = _counters.GetValueOrDefault((status.Engine, counter), (value, null));
        if (value > before) risenAt = now;
        _counters[(status.Engine, counter)] = (value, risenAt);
        return risenAt is { } at && now - at < RisenFor;
    }

    // One that committed shares lately, was not released, and has not told how it is: an old version, or a Redis that forgot a dead one.
    private void Unknown(List<(int Engine, JournalAnswer Journal)> journals, DateTimeOffset now, List<Finding> found)
    {
        var told = board.Engines.Select(view => view.Status.Engine).ToHashSet();
        var unknown =
            from row in journals
            where !told.Contains(row.Engine) && row.Journal.Released is null && row.Journal.LastCommit > now - Recent
            group row.Journal.LastCommit by row.Engine;
        foreach (var engine in unknown)
            found.Add(new(
                "engine-unknown",
                $"engine {engine.Key}",
                Severity.Warning,
                $"had shares committed until {engine.Max()!.Value.UtcDateTime:yyyy-MM-dd HH:mm} UTC, and does not tell how it is",
                $"start or upgrade it; if it is gone for good: viddhana-backoffice engine release {engine.Key}"));
    }

    private void Versions(List<Finding> found)
    {
        var alive = board.Engines.Where(view => view.Life == EngineLife.Ok);
        var versions = alive.Select(view => view.Status.Version).Distinct().Order().ToList();
        if (versions.Count > 1)
            found.Add(new(
                "engine-versions", "engines", Severity.Info, $"run different versions: {string.Join(", ", versions)}", "upgrade the rest"));
    }
}
