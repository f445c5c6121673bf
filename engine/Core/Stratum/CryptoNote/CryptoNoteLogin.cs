using System.Text;
using Viddhana.Core.Shares;

namespace Viddhana.Core.Stratum.CryptoNote;

/// <summary>
/// How CryptoNote miners name themselves: <c>address</c>, <c>address.worker</c>, <c>address.paymentid</c> (16 or 64 hex digits), any of
/// them with <c>.worker</c> and <c>+difficulty</c> behind it. A rig id wins over a worker.
/// </summary>
internal readonly ref struct CryptoNoteLogin
{
    private const int ShortPaymentId = 16;
    private const int LongPaymentId = 64;

    /// <summary>Takes a login apart.</summary>
    /// <param name="login">As the client gave it.</param>
    /// <param name="rig">Its rig id, or nothing.</param>
    public CryptoNoteLogin(ReadOnlySpan<byte> login, ReadOnlySpan<byte> rig)
    {
        var plus = login.LastIndexOf((byte)'+');
        if (plus >= 0 && AskedDifficulty.TryRead(Encoding.ASCII.GetString(login[(plus + 1)..]), out var difficulty))
        {
            Difficulty = difficulty;
            login = login[..plus];
        }

        var end = AccountEnd(login);
        Account = login[..end];
        Worker = rig.Length > 0 ? rig : login[Math.Min(end + 1, login.Length)..];
    }

    /// <summary>
    /// Who is paid: the address, with its payment id if it has one. Whether there is such an account is the pool's to say: a payment id is
    /// never taken for a worker, for without it the coins would be lost.
    /// </summary>
    public ReadOnlySpan<byte> Account { get; }

    /// <summary>The rig.</summary>
    public ReadOnlySpan<byte> Worker { get; }

    /// <summary>The difficulty asked for.</summary>
    public Difficulty? Difficulty { get; }

    private static int AccountEnd(ReadOnlySpan<byte> login)
    {
        var dot = login.IndexOf((byte)'.');
        if (dot < 0) return login.Length;

        var second = login[(dot + 1)..].IndexOf((byte)'.');
        var part = second < 0 ? login[(dot + 1)..] : login.Slice(dot + 1, second);
        var isPaymentId = part.Length is ShortPaymentId or LongPaymentId && Bytes.Hex.IsHex(part);
        return isPaymentId ? dot + 1 + part.Length : dot;
    }
}
