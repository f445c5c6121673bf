using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Viddhana.Backoffice.Audit;

/// <summary>An entry of the audit log, as stored.</summary>
internal sealed record AuditEntry(
    long EntryId, long AtMs, long? LoginId, string Actor, string Address, string Action, string Subject, string Details, byte[] Hash);

/// <summary>
/// The chain's hash: SHA-256 over the hash before, then entry number, time and login as 8 bytes little-endian (no login: -1), then each
/// text in UTF-8 with its length in 4 bytes before it. Lengths keep two entries with shifted texts apart.
/// </summary>
internal static class AuditHash
{
    /// <summary>What stands before the first entry.</summary>
    public static readonly byte[] Start = new byte[SHA256.HashSizeInBytes];

    public static byte[] Of(ReadOnlySpan<byte> before, AuditEntry entry)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(before);
        Span<byte> number = stackalloc byte[8];
        foreach (var value in (ReadOnlySpan<long>)[entry.EntryId, entry.AtMs, entry.LoginId ?? -1])
        {
            BinaryPrimitives.WriteInt64LittleEndian(number, value);
            hash.AppendData(number);
        }

        foreach (var text in (ReadOnlySpan<string>)[entry.Actor, entry.Address, entry.Action, entry.Subject, entry.Details])
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            BinaryPrimitives.WriteInt32LittleEndian(number, bytes.Length);
            hash.AppendData(number[..4]);
            hash.AppendData(bytes);
        }

        return hash.GetHashAndReset();
    }
}
