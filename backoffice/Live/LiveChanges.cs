using System.Runtime.InteropServices;

namespace Viddhana.Backoffice.Live;

/// <summary>What has changed about a row.</summary>
internal enum LiveChange
{
    /// <summary>It is new or in another state.</summary>
    State,

    /// <summary>Only its confirmations are others.</summary>
    Progress,
}

/// <summary>
/// Remembers how blocks or payouts were when last seen, and tells what is new. Rows that are final are forgotten after they were told, so
/// that it holds no more than what is open. Pure.
/// </summary>
internal sealed class LiveChanges
{
    private readonly Dictionary<long, LiveRow> _known = [];
    private bool _hasLooked;

    /// <summary>Rows to look at again.</summary>
    public long[] Open => [.. _known.Keys];

    /// <summary>The highest number seen: rows above it are new.</summary>
    public long Newest { get; private set; }

    /// <summary>Rows up to this number were there before anyone looked.</summary>
    public void Begin(long newest) => Newest = newest;

    /// <summary>What is new in these rows. The first look is no news: it only shows what was there.</summary>
    public List<(LiveRow Row, LiveChange Change)> Look(IReadOnlyList<LiveRow> rows)
    {
        var changes = new List<(LiveRow, LiveChange)>();
        foreach (var row in rows)
        {
            ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(_known, row.Id, out var isKnown);
            if (!isKnown || known.State != row.State) changes.Add((row, LiveChange.State));
            else if (known.Confirmations != row.Confirmations) changes.Add((row, LiveChange.Progress));
            known = row;
            Newest = Math.Max(Newest, row.Id);
            if (row.IsFinal) _known.Remove(row.Id);
        }

        if (!_hasLooked) changes.Clear();
        _hasLooked = true;
        return changes;
    }
}
