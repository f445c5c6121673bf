using System.Security.Cryptography;
using System.Text;
using Viddhana.Contracts.Addresses;

namespace Viddhana.Tests.Web;

/// <summary>Hashes and addresses that look like real ones and are the same in every run.</summary>
internal static class SeedText
{
    /// <summary>64 hex digits.</summary>
    public static string Hex(string seed) => Convert.ToHexStringLower(Bytes(seed));

    /// <summary>A block hash: noughts first.</summary>
    public static string BlockHash(string seed) => new string('0', 19) + Hex(seed)[19..];

    /// <summary>A valid address of the main network: bc1q… or ltc1q….</summary>
    public static string Address(string prefix, string seed) => Bech32.EncodeWitness(prefix, 0, Bytes(seed).AsSpan(0, 20));

    private static byte[] Bytes(string seed) => SHA256.HashData(Encoding.UTF8.GetBytes(seed));
}
