using Viddhana.Contracts;
using Viddhana.Contracts.Published;
using Viddhana.Core.Access;
using Viddhana.Engine.Journal;
using Viddhana.Engine.Metrics;

namespace Viddhana.Engine.Access;

/// <summary>
/// Holds what the backoffice told last about names and bans: as a snapshot for loops and sessions, and as a file, so that the engine knows
/// it after a restart while everything else is away. Only one thread at a time calls it; <see cref="Current"/> is for all.
/// </summary>
internal sealed class DirectoryKeeper
{
    private const string LogArea = "directory";

    private readonly string _path;
    private readonly Log _log;
    private StratumDirectory _current = StratumDirectory.Empty;
    private PublishedDirectory _published = PublishedDirectory.Empty;
    private string? _trouble;

    /// <param name="journalDirectory">Where the copy is kept: it is this engine's alone.</param>
    /// <param name="log">One line per change.</param>
    /// <param name="metrics">Gauges.</param>
    public DirectoryKeeper(string journalDirectory, Log log, MetricsRegistry metrics)
    {
        (_path, _log) = (Path.Combine(journalDirectory, JournalFiles.DirectoryCopy), log);
        metrics.Gauge("stratum_bans", "Bans in force.", () => Current.BanCount);
        metrics.Gauge("stratum_names", "Stratum names besides addresses.", () => Current.NameCount);
    }

    /// <summary>As of now.</summary>
    public StratumDirectory Current => Volatile.Read(ref _current);

    /// <summary>Version of what is held; "" before anything was told.</summary>
    public string Version { get; private set; } = "";

    /// <summary>When it was told, Unix milliseconds; 0: never, or before the restart.</summary>
    public long ToldUtcMs { get; private set; }

    /// <summary>What is wrong with what was published, or with the copy, or null.</summary>
    public string? Trouble => Volatile.Read(ref _trouble);

    /// <summary>Told after the snapshot was replaced by one with other bans, of which some are in force.</summary>
    public event Action<StratumDirectory>? BansChanged;

    /// <summary>Takes up the copy of an earlier process. Without one, or with a damaged one, only addresses are accounts.</summary>
    public void Load(long utcMs)
    {
        try
        {
            if (!File.Exists(_path)) return;

            var document = File.ReadAllBytes(_path);
            if (DirectoryFormat.Read(document, out var error) is { } directory) Set(directory, DirectoryFormat.VersionOf(document)!, utcMs);
            else Report($"{_path}: {error}; names and bans are unknown until the backoffice tells them");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Report($"{_path}: {e.Message}; names and bans are unknown until the backoffice tells them");
        }
    }

    /// <summary>Takes over what was published; what cannot be read leaves the old in place.</summary>
    public void Take(ReadOnlySpan<byte> document, long utcMs)
    {
        if (DirectoryFormat.Read(document, out var error) is not { } directory)
        {
            Report($"what the backoffice published cannot be read: {error}; the last that could be stays in force");
            return;
        }

        var version = DirectoryFormat.VersionOf(document)!;
        ToldUtcMs = utcMs;
        if (version == Version)
        {
            Report(null);
            return;
        }

        // In force first: a full disk is no reason to let anybody in.
        Set(directory, version, utcMs);
        Report(Save(document));
    }

    /// <summary>To be called every second or so: bans that are over by now are lifted.</summary>
    public void Tick(long utcMs)
    {
        if (utcMs >= Current.NextExpiryUtcMs) Volatile.Write(ref _current, Current.At(utcMs));
    }

    private void Set(PublishedDirectory directory, string version, long utcMs)
    {
        var hasOtherBans = !directory.Bans.SequenceEqual(_published.Bans);
        (Version, _published) = (version, directory);
        Volatile.Write(ref _current, new StratumDirectory(directory, utcMs));
        if (hasOtherBans && Current.BanCount > 0) BansChanged?.Invoke(Current);
        _log.Info(LogArea, $"{Current.NameCount} stratum names, {Current.BanCount} bans in force (version {version})");
    }

    private string? Save(ReadOnlySpan<byte> document)
    {
        try
        {
            Durable.WriteFile(_path, document);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{_path}: {e.Message}; names and bans are in force, but lost at a restart without the backoffice";
        }
    }

    private void Report(string? trouble)
    {
        if (trouble is not null && trouble != _trouble) _log.Error(LogArea, trouble);
        Volatile.Write(ref _trouble, trouble);
    }
}
