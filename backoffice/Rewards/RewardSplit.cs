namespace Viddhana.Backoffice.Rewards;

/// <summary>What an account gets of a block.</summary>
/// <param name="AccountId">Who.</param>
/// <param name="Work">Its expected hashes that counted.</param>
/// <param name="Amount">Base units.</param>
public readonly record struct Credit(long AccountId, UInt128 Work, long Amount);

/// <summary>A reward, taken apart: fee and credits add up to it exactly.</summary>
public sealed record RewardSplit(long Fee, IReadOnlyList<Credit> Credits)
{
    /// <summary>Fee in millionths, rounded down.</summary>
    public static long FeeOf(long reward, int feePpm) => (long)((Int128)reward * feePpm / 1_000_000);

    /// <summary>
    /// Splits what the fee leaves by work. Each account, in order of its number, gets the difference of two running floors: the sum is
    /// exact by construction, and nobody is off by a whole base unit. Without any work the finder gets it.
    /// </summary>
    public static RewardSplit ByWork(long reward, int feePpm, IReadOnlyDictionary<long, UInt128> workByAccount, long finder)
    {
        var fee = FeeOf(reward, feePpm);
        var net = (UInt128)(reward - fee);
        UInt128 total = 0;
        foreach (var work in workByAccount.Values) total = checked(total + work);
        if (total == 0) return new RewardSplit(fee, [new Credit(finder, 0, reward - fee)]);

        var credits = new List<Credit>(workByAccount.Count);
        UInt128 seen = 0;
        UInt128 paid = 0;
        foreach (var (account, work) in workByAccount.Where(entry => entry.Value > 0).OrderBy(entry => entry.Key))
        {
            seen += work;
            var upTo = Wide.MulDiv(net, seen, total);
            credits.Add(new Credit(account, work, (long)(upTo - paid)));
            paid = upTo;
        }

        return new RewardSplit(fee, credits);
    }
}
