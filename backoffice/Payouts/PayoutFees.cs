namespace Viddhana.Backoffice.Payouts;

/// <summary>Which line bears how much of the network's fee.</summary>
internal static class PayoutFees
{
    /// <summary>
    /// Lines with the fee that the wallet took out of each address's output, shared among the lines of that address in proportion by
    /// running floors: the sum is exact.
    /// </summary>
    /// <param name="lines">The lines of the payout.</param>
    /// <param name="outputs">What the signed transaction pays to each address.</param>
    public static List<PayoutLine> Assign(IReadOnlyList<PayoutLine> lines, IReadOnlyDictionary<string, long> outputs)
    {
        var assigned = new List<PayoutLine>(lines.Count);
        foreach (var group in lines.GroupBy(l => l.Address))
        {
            var wanted = group.Sum(l => l.Amount);
            var fee = wanted - outputs[group.Key];
            long seen = 0, given = 0;
            foreach (var line in group)
            {
                seen += line.Amount;
                var upTo = (long)((Int128)fee * seen / wanted);
                assigned.Add(line with { Fee = upTo - given });
                given = upTo;
            }
        }

        return assigned;
    }
}
