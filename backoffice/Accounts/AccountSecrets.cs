using System.Security.Cryptography;
using System.Text;

namespace Viddhana.Backoffice.Accounts;

/// <summary>
/// What a copy of the database alone must not give away: TOTP secrets are sealed (AES-256-GCM), backup codes hashed with a key, both of
/// them derived from <c>keys/accounts.key</c>.
/// </summary>
internal sealed class AccountSecrets
{
    private const int NonceSize = 12;
    private const int TagSize = 16;

    private readonly byte[] _seal;
    private readonly byte[] _hash;

    public AccountSecrets(string dataDirectory)
    {
        var key = SecretFile.Key(Path.Combine(SecretFile.Directory(dataDirectory), "accounts.key"));
        _seal = HKDF.DeriveKey(HashAlgorithmName.SHA256, key, 32, info: "seal"u8.ToArray());
        _hash = HKDF.DeriveKey(HashAlgorithmName.SHA256, key, 32, info: "hash"u8.ToArray());
    }

    /// <summary>Nonce, ciphertext, tag. The login's number is bound to it: it cannot be moved to another row.</summary>
    public byte[] Seal(ReadOnlySpan<byte> secret, long loginId)
    {
        var result = new byte[NonceSize + secret.Length + TagSize];
        RandomNumberGenerator.Fill(result.AsSpan(0, NonceSize));
        using var aes = new AesGcm(_seal, TagSize);
        aes.Encrypt(
            result.AsSpan(0, NonceSize), secret, result.AsSpan(NonceSize, secret.Length), result.AsSpan(^TagSize..), Bound(loginId));
        return result;
    }

    /// <summary>The secret.</summary>
    /// <exception cref="CryptographicException">It was sealed with another key or for another login.</exception>
    public byte[] Open(ReadOnlySpan<byte> sealedSecret, long loginId)
    {
        var secret = new byte[sealedSecret.Length - NonceSize - TagSize];
        using var aes = new AesGcm(_seal, TagSize);
        aes.Decrypt(
            sealedSecret[..NonceSize], sealedSecret[NonceSize..^TagSize], sealedSecret[^TagSize..], secret, Bound(loginId));
        return secret;
    }

    /// <summary>A hash that cannot be searched without the key.</summary>
    public byte[] Hash(string text) => HMACSHA256.HashData(_hash, Encoding.UTF8.GetBytes(text));

    private static byte[] Bound(long loginId) => Encoding.ASCII.GetBytes($"login:{loginId}");
}
