using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;

namespace Viddhana.Tests.EndToEnd;

/// <summary>Block headers as a miner puts them together from what it was sent; shares no code with the engine or the miner.</summary>
internal static class StratumHeader
{
    /// <summary>Difficulty 1 of Bitcoin.</summary>
    public static readonly BigInteger BitcoinDifficultyOne = new BigInteger(0xffff) << 208;

    /// <summary>The header of 80 bytes; its nonce, the last four, is left to the caller.</summary>
    /// <param name="job">What mining.notify said.</param>
    /// <param name="extranonce">Extranonce1 and extranonce2, one after the other.</param>
    /// <param name="version">Eight hex digits as in notify.</param>
    /// <param name="ntime">The same.</param>
    public static byte[] Build(StratumJob job, ReadOnlySpan<byte> extranonce, string version, string ntime)
    {
        byte[] coinbase = [.. Convert.FromHexString(job.Coinbase1), .. extranonce, .. Convert.FromHexString(job.Coinbase2)];
        var root = Sha256d(coinbase);
        foreach (var branch in job.Branches) root = Sha256d([.. root, .. Convert.FromHexString(branch)]);

        var header = new byte[80];
        ReversedWord(version).CopyTo(header, 0);
        WordSwapped(job.PrevHash).CopyTo(header, 4);
        root.CopyTo(header, 36);
        ReversedWord(ntime).CopyTo(header, 68);
        ReversedWord(job.Nbits).CopyTo(header, 72);
        return header;
    }

    public static byte[] Sha256d(ReadOnlySpan<byte> bytes) => SHA256.HashData(SHA256.HashData(bytes));

    /// <summary>The hash as the number that targets are compared with.</summary>
    public static BigInteger Number(ReadOnlySpan<byte> hash) => new(hash, isUnsigned: true);

    /// <summary>Target of a difficulty as it was printed: floor(difficulty 1 / difficulty), at most 2^256 - 1.</summary>
    public static BigInteger ShareTarget(string difficulty, BigInteger difficultyOne)
    {
        var places = difficulty.Contains('.') ? difficulty.Length - difficulty.IndexOf('.') - 1 : 0;
        var mantissa = BigInteger.Parse(difficulty.Replace(".", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        return BigInteger.Min(difficultyOne * BigInteger.Pow(10, places) / mantissa, (BigInteger.One << 256) - 1);
    }

    /// <summary>The target of a compact form as it stands in notify.</summary>
    public static BigInteger BlockTarget(string nbits)
    {
        var compact = uint.Parse(nbits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return new BigInteger(compact & 0x7fffff) << (8 * ((int)(compact >> 24) - 3));
    }

    /// <summary>A block id, as nodes print it, in the spelling of notify: header order, each word turned round.</summary>
    public static string AsInNotify(string blockId)
    {
        var bytes = Convert.FromHexString(blockId);
        Array.Reverse(bytes);
        return Convert.ToHexStringLower(WordSwapped(Convert.ToHexString(bytes)));
    }

    private static byte[] ReversedWord(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        Array.Reverse(bytes);
        return bytes;
    }

    private static byte[] WordSwapped(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        for (var word = 0; word < bytes.Length; word += 4) Array.Reverse(bytes, word, 4);
        return bytes;
    }
}
