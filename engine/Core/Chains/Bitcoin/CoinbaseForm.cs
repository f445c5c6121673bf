namespace Viddhana.Core.Chains.Bitcoin;

/// <summary>A job's coinbase with or without what is not required; see <see cref="Coinbase.Forms"/>.</summary>
internal sealed class CoinbaseForm
{
    private readonly byte[] _before;

    /// <param name="head">The input script up to the variant.</param>
    /// <param name="extranonce2Size">Bytes of extranonce2.</param>
    /// <param name="tail">The input script after extranonce2.</param>
    /// <param name="rest">What follows the input script.</param>
    public CoinbaseForm(byte[] head, int extranonce2Size, byte[] tail, byte[] rest)
    {
        var script = head.Length + sizeof(ushort) + Coinbase.Extranonce1Size + extranonce2Size + tail.Length;
        Check.That(script is >= 2 and <= Coinbase.ScriptMax);
        _before = [2, 0, 0, 0, 1, .. new byte[32], 0xff, 0xff, 0xff, 0xff, (byte)script, .. head];
        After = [.. tail, .. rest];
        Size = _before.Length + sizeof(ushort) + Coinbase.Extranonce1Size + extranonce2Size + After.Length;
        Check.That(Size <= Jobs.Job.CoinbaseSizeMax);
    }

    /// <summary>Bytes of the whole transaction without witness.</summary>
    public int Size { get; }

    /// <summary>Bytes after extranonce2: the same for every variant.</summary>
    public byte[] After { get; }

    /// <summary>Bytes up to extranonce1, of which the variant's number comes last.</summary>
    public byte[] Before(ushort variant) => [.. _before, (byte)variant, (byte)(variant >> 8)];
}
