using System.Diagnostics.CodeAnalysis;
using Viddhana.Contracts.Published;
using Viddhana.Core.Access;
using Viddhana.Core.Shares;

namespace Viddhana.Core.Stratum;

/// <summary>The workers authorised on one connection, found without allocation by the name the client uses for them.</summary>
internal sealed class SessionWorkers
{
    // Below this, comparing is faster than hashing, and most connections have one worker.
    private const int ScanMax = 4;

    private (byte[] User, Worker Worker)[] _workers = [];
    private Dictionary<byte[], Worker>? _byUser;
    private List<byte[]>? _banned;

    /// <summary>Workers authorised.</summary>
    public int Count { get; private set; }

    /// <summary>The one that was authorised first; only when there is one.</summary>
    public Worker First => _workers[0].Worker;

    /// <summary>Adds a worker under the user name as the client gave it, which must not be there yet.</summary>
    public void Add(ReadOnlySpan<byte> user, Worker worker)
    {
        if (Count == _workers.Length) Array.Resize(ref _workers, Math.Max(1, Count * 2));
        _workers[Count++] = (user.SequenceEqual(worker.NameBytes) ? worker.NameBytes : user.ToArray(), worker);
        if (Count <= ScanMax) return;

        _byUser ??= new Dictionary<byte[], Worker>(UserComparer.Instance);
        for (var i = _byUser.Count; i < Count; i++) _byUser.Add(_workers[i].User, _workers[i].Worker);
    }

    /// <summary>The worker authorised under exactly this name.</summary>
    public Worker? Find(ReadOnlySpan<byte> user)
    {
        if (_byUser is not null)
            return _byUser.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(user, out var found) ? found : null;

        foreach (var (name, worker) in _workers.AsSpan(0, Count))
            if (user.SequenceEqual(name)) return worker;

        return null;
    }

    /// <summary>True when one of them is credited under this name, or belongs to the account of this name.</summary>
    public bool Has(ReadOnlySpan<byte> nameOrAccount)
    {
        foreach (var (_, worker) in _workers.AsSpan(0, Count))
        {
            ReadOnlySpan<byte> name = worker.NameBytes;
            if (name.StartsWith(nameOrAccount) && (name.Length == nameOrAccount.Length || name[nameOrAccount.Length] == '.')) return true;
        }

        return false;
    }

    /// <summary>
    /// A login under this name was refused for a ban: shares that carry it are not credited to another worker of the account. False: it
    /// cannot be noted, there are as many as may be.
    /// </summary>
    public bool TryBan(ReadOnlySpan<byte> user, int most)
    {
        if (IsBanned(user)) return true;
        if (_banned?.Count >= most) return false;

        (_banned ??= []).Add(user.ToArray());
        return true;
    }

    /// <summary>True when a login under this name was refused for a ban.</summary>
    public bool IsBanned(ReadOnlySpan<byte> user)
    {
        if (_banned is null) return false;
        foreach (var name in _banned)
            if (user.SequenceEqual(name)) return true;

        return false;
    }

    /// <summary>The ban of one of them, or null.</summary>
    public Ban? FindBan(StratumDirectory directory)
    {
        foreach (var (_, worker) in _workers.AsSpan(0, Count))
            if (directory.FindBan(worker.NameBytes) is { } ban) return ban;

        return null;
    }

    /// <summary>
    /// The worker authorised under exactly this name; or the first one, when the name is not authorised but belongs to the first worker's
    /// account: the account is paid alike, and a proxy that adds or drops worker names loses nothing.
    /// </summary>
    public Worker? FindOrSameAccount(ReadOnlySpan<byte> user)
    {
        var exact = Find(user);
        if (exact is not null || Count == 0 || IsBanned(user)) return exact;

        var (first, worker) = _workers[0];
        return WorkerName.Account(user).SequenceEqual(WorkerName.Account(first)) ? worker : null;
    }

    private sealed class UserComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly UserComparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = new HashCode();
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
