using System.Collections.Concurrent;
using System.Globalization;
using System.Numerics;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Core.Access;
using Viddhana.Core.Bytes;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;

namespace Viddhana.Core.Stratum;

/// <summary>What all sessions of one pool share. Safe from several loops at once.</summary>
public sealed class SessionPool
{
    /// <summary>User agents that are kept as one text for all sessions; each further one costs its session a text of its own.</summary>
    public const int UserAgentsMax = 1024;

    private static readonly Difficulty BfgminerScryptMin = Difficulty.FromInteger(16);

    private readonly ConcurrentDictionary<string, string> _userAgents = new(StringComparer.Ordinal);
    private readonly Func<Job?> _currentJob;
    private readonly BigInteger _difficulty1Target;

    /// <summary>Puts together what sessions need.</summary>
    /// <param name="coin">The coin.</param>
    /// <param name="network">Its network: decides which addresses are accounts.</param>
    /// <param name="extranonce2Size">Bytes of extranonce2, 4 to 8.</param>
    /// <param name="currentJob">The job a new miner starts with (the job store's current one); null while there is none.</param>
    /// <param name="limits">Limits of connections and messages.</param>
    /// <param name="difficulties">The table of another pool of the coin, to be shared with it; null: one of its own.</param>
    public SessionPool(
        CoinDefinition coin, CoinNetwork network, int extranonce2Size, Func<Job?> currentJob, LimitsConfig limits,
        DifficultyTable? difficulties = null)
    {
        Check.That(extranonce2Size is >= 4 and <= 8);
        _difficulty1Target = BigInteger.Parse("0" + coin.Difficulty1Target, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        _currentJob = currentJob;
        Coin = coin;
        Extranonce2Size = extranonce2Size;
        Limits = limits;
        Difficulties = difficulties ?? NewTable(_difficulty1Target);
        ResolveAccount = name => AddressAccount(name, network);
    }

    /// <summary>The coin.</summary>
    public CoinDefinition Coin { get; }

    /// <summary>Bytes of extranonce2.</summary>
    public int Extranonce2Size { get; }

    /// <summary>Limits of connections and messages.</summary>
    public LimitsConfig Limits { get; }

    /// <summary>The pool's share difficulties.</summary>
    public DifficultyTable Difficulties { get; }

    /// <summary>How large a coinbase devices can read.</summary>
    public CoinbaseProfiles Profiles { get; init; } = new(new CoinbaseConfig());

    /// <summary>Milliseconds after which a connection gets new work though nothing has changed.</summary>
    public long KeepAliveMs { get; init; } = 45_000;

    /// <summary>What workers had last.</summary>
    public WorkerDifficulties LastDifficulties { get; init; } = new(keepMs: 0, count: 0);

    /// <summary>Where connections get another number from; null: none gets one.</summary>
    public IExtranonceNumbers? Numbers { get; init; }

    /// <summary>Sessions that may be resumed; null: none.</summary>
    public ParkedSessions? Parked { get; init; }

    /// <summary>
    /// A session id that cannot be guessed: 64 bits of chance, since it is all that a client shows to get its extranonce1 back. Null: 0 for
    /// everybody, where nothing is resumed.
    /// </summary>
    public Func<ulong>? NewSessionId { get; init; }

    /// <summary>What is known by now of names and bans. Asked at each login; must not block.</summary>
    public Func<StratumDirectory> Directory { get; init; } = static () => StratumDirectory.Empty;

    /// <summary>The job a new miner starts with, or null.</summary>
    public Job? CurrentJob => _currentJob();

    /// <summary>
    /// The one name of the account that a miner calls <c>name</c>, or null when there is none: by default addresses of the network, with
    /// Bech32 in lower case. Must not block. What is none may be a name of <see cref="Directory"/>: an address comes first, so that no name
    /// takes its shares.
    /// </summary>
    public Func<string, string?> ResolveAccount { get; init; }

    /// <summary>The account name of an address: as typed, but Bech32 in lower case; null if it is no address of the network.</summary>
    public static string? AddressAccount(string address, CoinNetwork network)
    {
        if (!AddressCodec.TryDecode(address, network, out var script, out _)) return null;

        // OP_DUP and OP_HASH160 begin what Base58Check addresses stand for, whose capitals count.
        return script[0] is 0x76 or 0xa9 ? address : address.ToLowerInvariant();
    }

    /// <summary>The same text for all sessions that name the same user agent.</summary>
    public string InternUserAgent(string userAgent)
    {
        if (_userAgents.TryGetValue(userAgent, out var known)) return known;
        return _userAgents.Count < UserAgentsMax ? _userAgents.GetOrAdd(userAgent, userAgent) : userAgent;
    }

    /// <summary>The easiest difficulty a device can work with on a port; null where any will do.</summary>
    public Difficulty? FloorOf(string userAgent, SessionPort port)
    {
        // NiceHash's validator refuses pools whose first difficulty is lower. The figure is one for SHA-256 and says nothing of others.
        var isRental = userAgent.StartsWith("NiceHash/", StringComparison.Ordinal)
            || userAgent.StartsWith("MiningRigRentals", StringComparison.OrdinalIgnoreCase);
        if (isRental && Coin.Algorithm == "sha256d") return port.RentalMin;

        // It takes anything below for the other way to count scrypt difficulties, 65,536 times as hard, and would never find a share.
        var isBfgminer = userAgent.StartsWith("bfgminer", StringComparison.OrdinalIgnoreCase);
        if (isBfgminer && Coin.Algorithm == "scrypt") return BfgminerScryptMin;

        // Older firmware reads 0.5 as 0.
        return ReadsWholeNumbers(userAgent) ? Difficulty.One : null;
    }

    /// <summary>True for devices of which some lose what is behind a difficulty's point.</summary>
    public static bool ReadsWholeNumbers(string userAgent) => userAgent.StartsWith("bitaxe", StringComparison.OrdinalIgnoreCase);

    /// <summary>The difficulty of a target, as vardiff's next value below; null for zero.</summary>
    public Difficulty? DifficultyOf(UInt256 target)
    {
        if (target == UInt256.Zero) return null;
        return Difficulty.RoundDown(Math.Exp(BigInteger.Log(_difficulty1Target) - BigInteger.Log(target.ToBigInteger())) * (1 + 1e-9));
    }

    // The table is bounded: what vardiff hands out must be in it before miners fill it with odd values.
    private static DifficultyTable NewTable(BigInteger difficulty1Target)
    {
        var table = new DifficultyTable(UInt256.FromBigInteger(difficulty1Target));
        for (var n = 0; n <= 33; n++) table.Get(Difficulty.FromPowerOfHalf(n));

        for (var unit = 1L; unit <= 1L << 31; unit *= 10)
        {
            for (var value = unit; value < unit * 100 && value <= 1L << 31; value += unit) table.Get(Difficulty.FromInteger(value));
        }

        return table;
    }
}
