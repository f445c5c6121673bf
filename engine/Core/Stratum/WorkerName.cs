using System.Text;
using Viddhana.Core.Bytes;
using Viddhana.Core.Shares;

namespace Viddhana.Core.Stratum;

/// <summary>
/// How miners name themselves: <c>account</c>, <c>account.worker</c> or <c>account_worker</c>; the account is an address or a stratum name.
/// <c>account+4096</c> and <c>account+4096.worker</c> ask for a difficulty, which is no part of the name; any other text after the account
/// is (<c>account~modifier</c>, <c>account.worker~modifier</c>).
/// </summary>
internal static class WorkerName
{
    /// <summary>
    /// The name shares are credited to: the account's one name, a dot, and the printable ASCII of the worker part. Null with an error for
    /// the client when there is no such account, it or the worker is banned, or the name is too long.
    /// </summary>
    /// <param name="user">What the client wrote.</param>
    /// <param name="pool">Whose accounts count.</param>
    /// <param name="error">What the client is told; safe inside a JSON string.</param>
    /// <param name="isBanned">True where a ban is why.</param>
    public static byte[]? Canonical(ReadOnlySpan<byte> user, SessionPool pool, out string error, out bool isBanned)
    {
        // Some firmware sends special characters as %XX. No account holds a percent sign, so this hides no name.
        if (Account(user).Contains((byte)'%')) user = PercentDecode(user);

        var account = Account(user);
        return Canonical(account, WorkerPart(user[account.Length..]), pool, out error, out isBanned);
    }

    /// <summary>The same for dialects in which account and worker come apart.</summary>
    public static byte[]? Canonical(
        ReadOnlySpan<byte> account, ReadOnlySpan<byte> worker, SessionPool pool, out string error, out bool isBanned)
    {
        isBanned = false;
        error = "Unknown account: the user name must begin with your payout address";
        if (account.Length is 0 or > Worker.NameMax || account.ContainsAnyExceptInRange((byte)'!', (byte)'~')) return null;

        var directory = pool.Directory();
        var name = pool.ResolveAccount(Encoding.ASCII.GetString(account)) ?? directory.NameOf(account);
        if (name is null) return null;

        var full = Join(name, worker);
        error = "User name too long";
        if (full.Length > Worker.NameMax) return null;

        if (directory.FindBan(full) is not { } ban) return full;
        (error, isBanned) = (ban.Message, true);
        return null;
    }

    /// <summary>The part before the first dot, underscore, tilde or plus: no account holds one.</summary>
    public static ReadOnlySpan<byte> Account(ReadOnlySpan<byte> user)
    {
        var end = user.IndexOfAny("._~+"u8);
        return end < 0 ? user : user[..end];
    }

    /// <summary>Bytes of the <c>+digits</c> right after the account, where at most a worker part comes after them; else 0.</summary>
    public static int NumberSize(ReadOnlySpan<byte> rest)
    {
        if (rest.Length < 2 || rest[0] != '+') return 0;

        var end = rest[1..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (end < 0) return rest.Length;
        return end > 0 && "._~"u8.Contains(rest[end + 1]) ? end + 1 : 0;
    }

    private static ReadOnlySpan<byte> WorkerPart(ReadOnlySpan<byte> rest)
    {
        rest = rest[NumberSize(rest)..];
        return rest.Length > 0 && rest[0] is (byte)'.' or (byte)'_' ? rest[1..] : rest;
    }

    private static byte[] Join(string account, ReadOnlySpan<byte> worker)
    {
        var full = new List<byte>(account.Length + 1 + worker.Length);
        full.AddRange(Encoding.ASCII.GetBytes(account));
        full.Add((byte)'.');
        foreach (var octet in worker)
            if (octet is > (byte)' ' and <= (byte)'~') full.Add(octet);

        if (full.Count == account.Length + 1) full.RemoveAt(account.Length);
        return [.. full];
    }

    /// <summary>The text with each <c>%XX</c> as the byte it stands for.</summary>
    public static ReadOnlySpan<byte> PercentDecode(ReadOnlySpan<byte> text)
    {
        var decoded = new byte[text.Length];
        var count = 0;
        for (var at = 0; at < text.Length; at++)
        {
            decoded[count] = text[at];
            if (text[at] == '%' && at + 2 < text.Length && Hex.TryReadBytes(text.Slice(at + 1, 2), decoded.AsSpan(count, 1))) at += 2;
            count++;
        }

        return decoded.AsSpan(0, count);
    }
}
