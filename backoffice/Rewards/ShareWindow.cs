namespace Viddhana.Backoffice.Rewards;

/// <summary>
/// Work by account in a window that ends with a given share and reaches back until its work is full. Spans that lie wholly inside count by
/// their sums; only the span of the newest share and the one where the window begins are opened share by share.
/// </summary>
public sealed class ShareWindow(int poolId, ShareKey newest, UInt128 sizeMax, IShareHistory history)
{
    private readonly Dictionary<long, UInt128> _work = [];
    private UInt128 _left = sizeMax;

    /// <summary>Reads it. Accounts without work in it are absent.</summary>
    public async Task<IReadOnlyDictionary<long, UInt128>> ReadAsync(CancellationToken cancel)
    {
        WorkSpan? whole = null;
        var isFirst = true;
        await foreach (var span in history.SpansAsync(poolId, newest.Ms, cancel))
        {
            if (_left == 0) break;
            // Only the first span can hold shares after the newest one: a later one ends where an earlier begins, at the newest at the
            // latest.
            if (isFirst && span.EndMs > newest.Ms)
            {
                isFirst = false;
                await OpenAsync(span with { EndMs = newest.Ms + 1 }, cancel);
                continue;
            }

            isFirst = false;
            if (span.Work > _left)
            {
                await OpenAsync(span, cancel);
                break;
            }

            _left -= span.Work;
            whole = new WorkSpan(span.StartMs, whole?.EndMs ?? span.EndMs, (whole?.Work ?? 0) + span.Work);
        }

        if (whole is { } range) await AddWholeAsync(range, cancel);
        return _work;
    }

    private async Task AddWholeAsync(WorkSpan range, CancellationToken cancel)
    {
        UInt128 found = 0;
        foreach (var (account, work) in await history.WorkByAccountAsync(poolId, range.StartMs, range.EndMs, cancel))
        {
            Add(account, work);
            found += work;
        }

        CheckSame(range, found);
    }

    /// <summary>
    /// Takes the newest shares of a span until the window is full. Two passes, so that a span of many shares needs no memory for them:
    /// first the work of each millisecond finds the one where the window begins, then all shares after it count and those within it are
    /// put in order.
    /// </summary>
    private async Task OpenAsync(WorkSpan span, CancellationToken cancel)
    {
        var byMs = new SortedDictionary<long, UInt128>();
        await foreach (var page in history.SharesAsync(poolId, span.StartMs, span.EndMs, cancel)) SumByMs(page, byMs);

        CheckWhole(span, byMs);
        var (edge, left) = FindEdge(byMs);
        var atEdge = new List<WindowShare>();
        await foreach (var page in history.SharesAsync(poolId, Math.Max(edge, span.StartMs), span.EndMs, cancel))
            AddAfter(edge, page, atEdge);

        foreach (var share in atEdge.OrderByDescending(share => share.Key))
        {
            var taken = UInt128.Min(share.Work, left);
            if (taken > 0) Add(share.AccountId, taken);
            left -= taken;
        }

        _left = left;
    }

    /// <summary>Single shares that were dropped too early would shift money from one account to another: better to stop.</summary>
    private void CheckWhole(WorkSpan span, SortedDictionary<long, UInt128> byMs)
    {
        if (span.EndMs == newest.Ms + 1) return;
        UInt128 found = 0;
        foreach (var work in byMs.Values) found += work;
        CheckSame(span, found);
    }

    private void CheckSame(WorkSpan span, UInt128 found)
    {
        if (found != span.Work)
            throw new InvalidOperationException(
                $"pool {poolId}: the shares of {span.StartMs} to {span.EndMs} have work {found}, their sums {span.Work}");
    }

    /// <summary>The oldest millisecond that the window touches, and what is left of the window when it comes there.</summary>
    private (long Edge, UInt128 Left) FindEdge(SortedDictionary<long, UInt128> byMs)
    {
        var left = _left;
        foreach (var (ms, work) in byMs.Reverse())
        {
            if (work >= left) return (ms, left);
            left -= work;
        }

        return (long.MinValue, left);
    }

    private bool IsInWindow(SharePage page, in PageShare share) =>
        share.Ms < newest.Ms || (share.Ms == newest.Ms && page[share].Key <= newest);

    /// <summary>Shares of one millisecond mostly stand together: one look-up for each run of them.</summary>
    private void SumByMs(SharePage page, SortedDictionary<long, UInt128> byMs)
    {
        var kinds = page.Kinds;
        var (ms, sum) = (0L, (UInt128)0);
        foreach (ref readonly var share in page.Shares)
        {
            if (!IsInWindow(page, share)) continue;
            if (share.Ms != ms && sum > 0)
            {
                byMs[ms] = byMs.GetValueOrDefault(ms) + sum;
                sum = 0;
            }

            ms = share.Ms;
            sum += kinds[share.Kind].Work;
        }

        if (sum > 0) byMs[ms] = byMs.GetValueOrDefault(ms) + sum;
    }

    /// <summary>Counts the shares after the edge and gathers those at it.</summary>
    private void AddAfter(long edge, SharePage page, List<WindowShare> atEdge)
    {
        var counts = new ulong[page.Kinds.Count];
        foreach (ref readonly var share in page.Shares)
        {
            if (share.Ms < edge || !IsInWindow(page, share)) continue;
            if (share.Ms > edge) counts[share.Kind]++;
            else atEdge.Add(page[share]);
        }

        for (var kind = 0; kind < counts.Length; kind++)
            if (counts[kind] > 0) Add(page.Kinds[kind].AccountId, (UInt128)page.Kinds[kind].Work * counts[kind]);
    }

    private void Add(long account, UInt128 work) => _work[account] = _work.GetValueOrDefault(account) + work;
}
