using Npgsql;
using Viddhana.Backoffice.Health;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Published;

namespace Viddhana.Backoffice.Engines;

/// <summary>
/// Publishes the stratum names that logins have made, and the bans in force. The active backoffice looks every second, and at once when a
/// ban was changed here; what it published is looked at too, because Redis may have come back empty.
/// </summary>
internal sealed class DirectoryPublisher(
    NpgsqlDataSource database,
    BanStore bans,
    IDirectoryTarget target,
    ActiveLease lease,
    Metrics metrics,
    ILogger<DirectoryPublisher> log)
    : ActiveLoop(lease, log)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _wake = new(0, 1);
    private (long Count, long Newest) _namesSeen = (-1, -1);
    private IReadOnlyList<string> _names = [];
    private IReadOnlyList<Ban> _bans = [];
    private byte[] _document = [];
    private volatile string? _version;

    /// <summary>The version that engines are to have; null before the first, and where another backoffice publishes.</summary>
    public string? Version => _version;

    /// <summary>Names that are not published, because there are too many.</summary>
    public long NamesDropped { get; private set; }

    /// <summary>Looks at once.</summary>
    public void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // It has been woken already and has not looked yet.
        }
    }

    /// <summary>Publishes what is not published.</summary>
    public async Task LookAsync(CancellationToken cancel)
    {
        var hasOtherNames = await ReadNamesAsync(cancel);
        var active = await bans.ActiveAsync(cancel);
        active.RemoveAll(ban => !Ban.IsTarget(ban.Target) || !Ban.IsReason(ban.Reason));   // written by hand into the table
        if (hasOtherNames || _version is null || !active.SequenceEqual(_bans))
        {
            _bans = active;
            _document = DirectoryFormat.Write(new PublishedDirectory(_names, _bans));
            _version = DirectoryFormat.VersionOf(_document);
        }

        if (await target.VersionAsync(cancel) == _version) return;

        await target.PublishAsync(_version!, _document, cancel);
        EnginesLog.Published(log, _names.Count, _bans.Count, _version!);
        metrics.Set("backoffice_directory_names", "Stratum names that engines are told.", _names.Count);
        metrics.Set("backoffice_directory_bans", "Bans that engines are told.", _bans.Count);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _wake.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task WorkAsync(CancellationToken cancel)
    {
        try
        {
            while (!cancel.IsCancellationRequested)
            {
                await LookAsync(cancel);
                Succeeded();
                await _wake.WaitAsync(LookEvery, cancel);
            }
        }
        finally
        {
            _version = null;   // another may be the active one from now on
            await target.DisposeAsync();
        }
    }

    // Names are only ever added: their count and the newest tell whether there are others.
    private async Task<bool> ReadNamesAsync(CancellationToken cancel)
    {
        var seen = (await database.RowsAsync(
            "SELECT count(*), coalesce(max(account_id), 0) FROM claims WHERE how = 'made'",
            [],
            row => (row.GetInt64(0), row.GetInt64(1)),
            cancel))[0];
        if (seen == _namesSeen) return false;

        _names = await database.RowsAsync(
            """
            SELECT a.name FROM claims c JOIN accounts a USING (account_id)
            WHERE c.how = 'made' AND a.name ~ '^[a-z0-9]{3,32}$' ORDER BY c.account_id LIMIT $1
            """,
            [PublishedDirectory.NamesMax],
            row => row.GetString(0),
            cancel);
        _namesSeen = seen;
        NamesDropped = seen.Item1 - _names.Count;
        if (NamesDropped > 0) EnginesLog.NamesDropped(log, NamesDropped, PublishedDirectory.NamesMax);
        return true;
    }
}
