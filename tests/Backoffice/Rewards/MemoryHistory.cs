using System.Numerics;
using System.Runtime.CompilerServices;
using Viddhana.Backoffice.Rewards;

namespace Viddhana.Tests.Backoffice.Rewards;

/// <summary>Shares in memory, summed up by slices as the database does it.</summary>
internal sealed class MemoryHistory(IReadOnlyList<WindowShare> shares, int sliceMs) : IShareHistory
{
    public async IAsyncEnumerable<WorkSpan> SpansAsync(int poolId, long untilMs, [EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.CompletedTask;
        foreach (var slice in shares.GroupBy(share => share.Key.Ms / sliceMs * sliceMs).OrderByDescending(slice => slice.Key))
            if (slice.Key <= untilMs) yield return new WorkSpan(slice.Key, slice.Key + sliceMs, Sum(slice));
    }

    public Task<Dictionary<long, UInt128>> WorkByAccountAsync(int poolId, long startMs, long endMs, CancellationToken cancel) =>
        Task.FromResult(
            shares.Where(share => share.Key.Ms >= startMs && share.Key.Ms < endMs)
                .GroupBy(share => share.AccountId).ToDictionary(group => group.Key, Sum));

    public async IAsyncEnumerable<SharePage> SharesAsync(
        int poolId, long startMs, long endMs, [EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.CompletedTask;
        var page = new SharePage();
        foreach (var share in shares)
        {
            if (share.Key.Ms < startMs || share.Key.Ms >= endMs) continue;
            page.Begin(share.Key.EngineId, share.Key.Epoch).AddKind(new ShareKind(share.AccountId, share.Work));
            page.Reserve(1)[0] = new PageShare(share.Key.Ms, share.Key.Sequence, 0);
            page.Take(1);
            yield return page;
        }
    }

    private static UInt128 Sum(IEnumerable<WindowShare> some) => some.Aggregate((UInt128)0, (sum, share) => sum + share.Work);
}

/// <summary>PPLNS by the book: all shares in order, big integers, no sums, no slices.</summary>
internal static class NaivePplns
{
    public static Dictionary<long, long> Split(IEnumerable<WindowShare> shares, RewardTerms block)
    {
        var window = (BigInteger)block.NetworkWork * block.WindowTenThousandths / 10_000;
        var work = new SortedDictionary<long, BigInteger>();
        BigInteger total = 0;
        foreach (var share in shares.Where(share => share.Key.CompareTo(block.Winner) <= 0).OrderByDescending(share => share.Key))
        {
            var taken = BigInteger.Min(share.Work, window - total);
            if (taken == 0) break;
            work[share.AccountId] = work.GetValueOrDefault(share.AccountId) + taken;
            total += taken;
        }

        var net = block.Reward - (long)((BigInteger)block.Reward * block.FeePpm / 1_000_000);
        if (total == 0) return new() { [block.Finder] = net };

        var credits = new Dictionary<long, long>();
        BigInteger seen = 0, paid = 0;
        foreach (var (account, part) in work)
        {
            seen += part;
            credits[account] = (long)((net * seen / total) - paid);
            paid += credits[account];
        }

        return credits;
    }
}
