using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Viddhana.Backoffice.Accounts;

/// <summary>What an access token says: whose session it is.</summary>
internal readonly record struct AccessToken(long LoginId, long SessionId, DateTimeOffset ExpiresAt);

/// <summary>Whether a token is good.</summary>
internal enum TokenState
{
    Good,
    Expired,
    Broken,
}

/// <summary>
/// Access tokens: JWT (RFC 7519) with HS256 and no other algorithm. The header is never interpreted: it must be, byte for byte, the one
/// that this program writes for one of its keys.
/// </summary>
internal sealed class AccessTokens(TokenKeys keys, TimeProvider time)
{
    /// <summary>How long a token is good.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);

    private const int LengthMax = 512;
    private const string Issuer = "viddhana";

    /// <summary>A token for a session.</summary>
    public string Issue(long loginId, long sessionId)
    {
        var key = keys.Newest;
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var claims = new Claims(Issuer, loginId, sessionId, now, now + (long)Lifetime.TotalSeconds);
        var signed = $"{Header(key)}.{Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(claims, JsonSerializerOptions.Web))}";
        return $"{signed}.{Base64Url.EncodeToString(Mac(key, signed))}";
    }

    /// <summary>Reads a token; its content counts only where the answer is <see cref="TokenState.Good"/>.</summary>
    public TokenState Read(string text, out AccessToken token)
    {
        token = default;
        if (text.Length > LengthMax) return TokenState.Broken;
        var parts = text.Split('.');
        if (parts.Length != 3 || KeyOf(parts[0]) is not { } key) return TokenState.Broken;

        // The signature as text: another spelling of the same bytes is another text.
        var expected = Base64Url.EncodeToString(Mac(key, $"{parts[0]}.{parts[1]}"));
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(parts[2])))
            return TokenState.Broken;

        var claims = JsonSerializer.Deserialize<Claims>(Base64Url.DecodeFromChars(parts[1]), JsonSerializerOptions.Web)!;
        token = new AccessToken(claims.Sub, claims.Sid, DateTimeOffset.FromUnixTimeSeconds(claims.Exp));
        return time.GetUtcNow() < token.ExpiresAt ? TokenState.Good : TokenState.Expired;
    }

    private TokenKey? KeyOf(string header)
    {
        // The id stands at a fixed place of a fixed header; whatever else is there makes the comparison fail.
        if (!Base64Url.IsValid(header)) return null;
        var text = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(header));
        var (at, length) = (HeaderText("").Length - 2, 8);
        if (text.Length < at + length) return null;
        var key = keys.Find(text.AsSpan(at, length));
        return key is not null && header == Header(key) ? key : null;
    }

    private static string Header(TokenKey key) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(HeaderText(key.Id)));

    private static string HeaderText(string keyId) => $$"""{"alg":"HS256","typ":"JWT","kid":"{{keyId}}"}""";

    private static byte[] Mac(TokenKey key, string signed) => HMACSHA256.HashData(key.Secret, Encoding.UTF8.GetBytes(signed));

    private sealed record Claims(string Iss, long Sub, long Sid, long Iat, long Exp);
}
