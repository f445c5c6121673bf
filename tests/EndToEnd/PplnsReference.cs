using System.Numerics;

namespace Viddhana.Tests.EndToEnd;

/// <summary>PPLNS by the book, over big integers, from nothing but the answers that miners got.</summary>
internal static class PplnsReference
{
    /// <summary>
    /// Splits a reward over the last shares up to and including the winning one until their work reaches <paramref name="windowWork"/>; the
    /// oldest is cut. Credits are differences of floors in order of <paramref name="accountOrder"/>.
    /// </summary>
    public static Dictionary<string, long> Split(
        IReadOnlyList<(string Account, ulong Work)> shares, int winner, BigInteger windowWork, long net, IReadOnlyList<string> accountOrder)
    {
        var byAccount = new Dictionary<string, BigInteger>();
        BigInteger total = 0;
        for (var i = winner; i >= 0 && total < windowWork; i--)
        {
            var work = BigInteger.Min(shares[i].Work, windowWork - total);
            byAccount[shares[i].Account] = byAccount.GetValueOrDefault(shares[i].Account) + work;
            total += work;
        }

        var credits = new Dictionary<string, long>();
        BigInteger seen = 0;
        long paid = 0;
        foreach (var account in accountOrder.Where(byAccount.ContainsKey))
        {
            seen += byAccount[account];
            var upTo = (long)(net * seen / total);
            credits[account] = upTo - paid;
            paid = upTo;
        }

        return credits;
    }
}
