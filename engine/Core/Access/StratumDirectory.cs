using System.Net;
using Viddhana.Contracts.Published;
using Viddhana.Core.Shares;

namespace Viddhana.Core.Access;

/// <summary>
/// What the engine was told last about names and bans, as of one moment: it never changes, and looking things up allocates nothing but the
/// name that is found. Whoever holds it replaces it when something new is published and at <see cref="NextExpiryUtcMs"/>.
/// </summary>
public sealed class StratumDirectory
{
    private readonly PublishedDirectory _published;
    private readonly NameIndex _names;
    private readonly NameIndex _targets;
    private readonly Ban[] _bans;
    private readonly AddressIndex _addresses;

    /// <param name="published">What was told.</param>
    /// <param name="utcMs">The moment: bans that are over by then are left out.</param>
    public StratumDirectory(PublishedDirectory published, long utcMs)
    {
        _published = published;
        _names = new NameIndex(published.Names);
        var bans = new List<Ban>();
        var targets = new List<string>();
        var addresses = new List<Ban>();
        NextExpiryUtcMs = long.MaxValue;
        foreach (var ban in published.Bans)
        {
            if (!ban.IsActiveAt(utcMs)) continue;
            if (ban.ExpiresUtcMs > 0) NextExpiryUtcMs = Math.Min(NextExpiryUtcMs, ban.ExpiresUtcMs);
            BanCount++;
            if (ban.Kind == BanKind.Address)
            {
                addresses.Add(ban);
                continue;
            }

            bans.Add(ban);
            targets.Add(TargetOf(ban));
        }

        (_bans, _targets, _addresses) = ([.. bans], new NameIndex(targets), new AddressIndex(addresses));
    }

    /// <summary>No names but addresses, and nobody banned.</summary>
    public static StratumDirectory Empty { get; } = new(PublishedDirectory.Empty, 0);

    /// <summary>Stratum names in it.</summary>
    public int NameCount => _names.Count;

    /// <summary>Bans in force.</summary>
    public int BanCount { get; }

    /// <summary>When the next ban ends by itself, Unix milliseconds; <see cref="long.MaxValue"/>: none does.</summary>
    public long NextExpiryUtcMs { get; }

    /// <summary>The same as of a later moment.</summary>
    public StratumDirectory At(long utcMs) => new(_published, utcMs);

    /// <summary>The account that a miner calls by a stratum name, or null. Its capitals count as small letters.</summary>
    public string? NameOf(ReadOnlySpan<byte> account)
    {
        if (account.Length is < PublishedDirectory.NameMin or > PublishedDirectory.NameMax) return null;

        Span<byte> lower = stackalloc byte[PublishedDirectory.NameMax];
        for (var i = 0; i < account.Length; i++)
            lower[i] = account[i] is >= (byte)'A' and <= (byte)'Z' ? (byte)(account[i] | 0x20) : account[i];
        var at = _names.Find(lower[..account.Length]);
        return at < 0 ? null : _published.Names[at];
    }

    /// <summary>The ban of an address, or null.</summary>
    public Ban? FindBan(IPAddress address) => _addresses.Find(address);

    /// <summary>The ban of a worker or of its account, or null.</summary>
    /// <param name="name">The full name as shares are credited to.</param>
    public Ban? FindBan(ReadOnlySpan<byte> name)
    {
        if (_bans.Length == 0 || name.Length > Worker.NameMax) return null;

        Span<byte> key = stackalloc byte[Worker.NameMax + 1];
        name.CopyTo(key[1..]);
        key[0] = (byte)'w';
        var at = _targets.Find(key[..(name.Length + 1)]);
        if (at >= 0) return _bans[at];

        var dot = name.IndexOf((byte)'.');
        key[0] = (byte)'a';
        at = _targets.Find(key[..((dot < 0 ? name.Length : dot) + 1)]);
        return at < 0 ? null : _bans[at];
    }

    // Accounts and workers share one table: a worker without a name of its own is called like its account.
    private static string TargetOf(Ban ban) => (ban.Kind == BanKind.Account ? "a" : "w") + ban.Target;
}
