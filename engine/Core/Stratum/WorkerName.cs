using System.Text;
using Viddhana.Core.Bytes;
using Viddhana.Core.Shares;

namespace Viddhana.Core.Stratum;

/// <summary>
/// How miners name themselves: <c>account</c>, <c>account.worker</c> or <c>account_worker</c>; the account is an address or a stratum name.
/// </summary>
internal static class WorkerName
{
    /// <summary>
    /// The name shares are credited to: the account's one name, a dot, and the printable ASCII of the worker part. Null with an error for
    /// the client when there is no such account or the name is too long.
    /// </summary>
    public static byte[]? Canonical(ReadOnlySpan<byte> user, SessionPool pool, out string error)
    {
        // Some firmware sends special characters as %XX. No account holds a percent sign, so this hides no name.
        if (Account(user).Contains((byte)'%')) user = PercentDecode(user);

        error = "Unknown account: the user name must begin with your payout address";
        var account = Account(user);
        if (account.Length is 0 or > Worker.NameMax || account.ContainsAnyExceptInRange((byte)'!', (byte)'~')) return null;

        var name = pool.ResolveAccount(Encoding.ASCII.GetString(account));
        if (name is null) return null;

        var full = Join(name, user[Math.Min(account.Length + 1, user.Length)..]);
        error = "User name too long";
        return full.Length <= Worker.NameMax ? full : null;
    }

    /// <summary>The part before the first dot or underscore.</summary>
    public static ReadOnlySpan<byte> Account(ReadOnlySpan<byte> user)
    {
        var end = user.IndexOfAny((byte)'.', (byte)'_');
        return end < 0 ? user : user[..end];
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

    private static ReadOnlySpan<byte> PercentDecode(ReadOnlySpan<byte> text)
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
