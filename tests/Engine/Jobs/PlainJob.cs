using Viddhana.Core.Bytes;
using Viddhana.Core.Jobs;

namespace Viddhana.Tests.Engine.Jobs;

/// <summary>Jobs for tests that look at nothing but their numbers.</summary>
internal static class PlainJob
{
    public static Job Make(uint tip) => Make(new JobNumbers(1, tip, true), 0);

    public static Job Make(JobNumbers numbers, long nowMs) => new()
    {
        Serial = numbers.Serial,
        Tip = numbers.Tip,
        IsNewTip = numbers.IsNewTip,
        Height = 1,
        Version = 0x20000000,
        VersionMask = 0,
        PrevHash = new byte[32],
        Nbits = 0x207fffff,
        BlockTarget = UInt256.Max,
        NetworkWork = 1,
        MinTime = 0,
        CurTime = 0,
        MerkleBranches = [],
        CoinbaseValue = 0,
        Extranonce2Size = 8,
        Template = new object(),
        CreatedMs = nowMs,
        Variants = new JobVariants((_, _) => throw new InvalidOperationException("not asked for here")),
    };
}
