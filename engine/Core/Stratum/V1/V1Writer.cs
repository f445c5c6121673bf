using System.Globalization;
using System.Text;
using Viddhana.Core.Jobs;

namespace Viddhana.Core.Stratum.V1;

/// <summary>Renders everything that Stratum V1 says. Every line ends with a newline.</summary>
public static class V1Writer
{
    /// <summary>The <c>mining.notify</c> line of a job variant: nine parameters, every field padded to its full length.</summary>
    public static byte[] Notify(Job job, ulong wireId, ReadOnlySpan<byte> coinbase1, ReadOnlySpan<byte> coinbase2, bool clean)
    {
        var line = new StringBuilder(512 + (2 * (coinbase1.Length + coinbase2.Length + job.MerkleBranches.Length)));
        line.Append(CultureInfo.InvariantCulture, $"{{\"id\":null,\"method\":\"mining.notify\",\"params\":[\"{wireId:x16}\",\"");
        AppendPrevHash(line, job.PrevHash);
        line.Append("\",\"").Append(Convert.ToHexStringLower(coinbase1));
        line.Append("\",\"").Append(Convert.ToHexStringLower(coinbase2));
        line.Append("\",[");
        AppendBranches(line, job.MerkleBranches);
        line.Append(CultureInfo.InvariantCulture, $"],\"{job.Version:x8}\",\"{job.Nbits:x8}\",\"{job.CurTime:x8}\",");
        line.Append(clean ? "true]}\n" : "false]}\n");
        return Encoding.ASCII.GetBytes(line.ToString());
    }

    // Header order with the bytes of each 32-bit word reversed: what miners copy into the header after swapping it back.
    private static void AppendPrevHash(StringBuilder line, byte[] prevHash)
    {
        Check.That(prevHash.Length == 32);
        Span<byte> swapped = stackalloc byte[32];
        for (var i = 0; i < 32; i++) swapped[i] = prevHash[i ^ 3];
        line.Append(Convert.ToHexStringLower(swapped));
    }

    private static void AppendBranches(StringBuilder line, byte[] branches)
    {
        Check.That(branches.Length % 32 == 0);
        for (var at = 0; at < branches.Length; at += 32)
        {
            if (at > 0) line.Append(',');
            line.Append('"').Append(Convert.ToHexStringLower(branches.AsSpan(at, 32))).Append('"');
        }
    }
}
