namespace Viddhana.Backoffice.Rewards;

/// <summary>What many shares have in common: whose they are and what each of them counts.</summary>
public readonly record struct ShareKind(long AccountId, ulong Work);

/// <summary>A share of a page.</summary>
/// <param name="Ms">Share time, Unix milliseconds.</param>
/// <param name="Sequence">Its place in the journal.</param>
/// <param name="Kind">Index into the page's kinds.</param>
public readonly record struct PageShare(long Ms, ulong Sequence, int Kind);

/// <summary>Shares of one journal. Windows of ten million shares are read in pages, without an object or a look-up for each.</summary>
public sealed class SharePage
{
    private readonly List<ShareKind> _kinds = [];
    private PageShare[] _shares = [];
    private int _count;

    /// <summary>Instance id of the engine.</summary>
    public int EngineId { get; private set; }

    /// <summary>Epoch of its journal.</summary>
    public ulong Epoch { get; private set; }

    /// <summary>The kinds.</summary>
    public IReadOnlyList<ShareKind> Kinds => _kinds;

    /// <summary>The shares, in order of their sequences.</summary>
    public ReadOnlySpan<PageShare> Shares => _shares.AsSpan(0, _count);

    /// <summary>A share on its own.</summary>
    public WindowShare this[in PageShare share] =>
        new(new ShareKey(share.Ms, EngineId, Epoch, share.Sequence), _kinds[share.Kind].AccountId, _kinds[share.Kind].Work);

    /// <summary>Empties it, for shares of a journal.</summary>
    public SharePage Begin(int engineId, ulong epoch)
    {
        (EngineId, Epoch, _count) = (engineId, epoch, 0);
        _kinds.Clear();
        return this;
    }

    /// <summary>Adds a kind; its index is the number of those before it.</summary>
    public void AddKind(ShareKind kind) => _kinds.Add(kind);

    /// <summary>Room for more shares; <see cref="Take"/> says how many were put into it.</summary>
    public Span<PageShare> Reserve(int count)
    {
        if (_shares.Length - _count < count) Array.Resize(ref _shares, Math.Max(_count + count, _shares.Length * 2));
        return _shares.AsSpan(_count, count);
    }

    /// <summary>Takes in the first shares of what was reserved.</summary>
    public void Take(int count) => _count += count;
}
