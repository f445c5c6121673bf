using Npgsql;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;

namespace Viddhana.Tests.Web;

/// <summary>Pools, and what has happened in them. Same chance in every run; times are relative to now.</summary>
/// <param name="Name">Of the database.</param>
/// <param name="Fill">Writes the past.</param>
internal sealed record Seed(string Name, Func<NpgsqlDataSource, PoolBook, long, Task> Fill)
{
    /// <summary>Names that want to be read as something else (field guide, injection), as worker names.</summary>
    public static readonly string[] HostileNames =
    [
        "'; DROP TABLE shares;--", "<img src=x onerror=alert(1)>", "{{7*7}}", "${7*7}", "<script>alert(1)</script>", "javascript:alert(1)",
        "\u202Egnp.exe", "../../etc/passwd", "\"><svg onload=alert(1)>", "🦄🦄🦄",
    ];

    /// <summary>Two coins with a month behind them: blocks in all states, payouts, a dozen accounts, rigs of all kinds.</summary>
    public static readonly Seed Standard = new("standard", FillStandard);

    /// <summary>Two coins, and nothing has happened yet.</summary>
    public static readonly Seed Empty = new("empty", (_, _, _) => Task.CompletedTask);

    /// <summary>One account with ten thousand rigs, and one whose rigs have hostile names.</summary>
    public static readonly Seed Crowd = new("crowd", FillCrowd);

    /// <summary>Account of <see cref="Standard"/> with several rigs, balances, payouts and blocks.</summary>
    public static string Miner => Bitcoin("anna");

    /// <summary>Account of <see cref="Crowd"/> with ten thousand rigs.</summary>
    public static string BigMiner => Bitcoin("farm");

    /// <summary>Account of <see cref="Crowd"/> with the hostile names.</summary>
    public static string HostileMiner => Bitcoin("mallory");

    /// <summary>The pools of every seed.</summary>
    public static List<PoolConfig> Pools() =>
    [
        new()
        {
            Id = "btc",
            Coin = "bitcoin",
            Network = "mainnet",
            Address = Bitcoin("the pool"),
            Nodes = { new NodeConfig { Url = "http://user:password@127.0.0.1:1" } },
            Payouts = Payouts(),
            Ports =
            {
                new PortConfig { Port = 3333 },
                new PortConfig { Port = 3334, Tls = PortTls.On },
                new PortConfig { Port = 3335, Difficulty = new DifficultyConfig { Start = "0.001", Min = "0.0001" } },
            },
        },
        new()
        {
            Id = "ltc",
            Coin = "litecoin",
            Network = "mainnet",
            Address = Litecoin("the pool"),
            Nodes = { new NodeConfig { Url = "http://user:password@127.0.0.1:1" } },
            Payouts = Payouts(),
            Ports = { new PortConfig { Port = 3433 } },
            Difficulty = new DifficultyConfig { Start = "65536", Min = "64" },
            Rewards = new RewardsConfig { FeePercent = 0.8m },
        },
    ];

    /// <summary>Switched on, with a wallet that is away.</summary>
    private static PayoutsConfig Payouts() => new() { Wallet = new WalletConfig { Url = "http://user:password@127.0.0.1:1" } };

    private static string Bitcoin(string name) => SeedText.Address("bc", name);

    /// <summary>What happens next: a rig mines for two minutes, and each share of it is a block.</summary>
    public static Task FindBlockAsync(RunningBackoffice at)
    {
        const uint Bits = 0x17_2816aa;
        var seed = new SeedPool(at.Database.Source, at.Pools, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        return seed.MakeAsync(
            new SeedPlan(at.Pools.ByName("btc")!, Bits, WorkOf(Bits), 312_500_000, 921_401, [new(Miner, "lucky", 1e15, 0.05)], 1e-6, -1),
            0xF1D);
    }

    private static string Litecoin(string name) => SeedText.Address("ltc", name);

    private static async Task FillStandard(NpgsqlDataSource database, PoolBook pools, long nowMs)
    {
        const double Month = 24 * 30;
        var seed = new SeedPool(database, pools, nowMs);
        SeedRig[] bitcoin =
        [
            new(Bitcoin("anna"), "s21-rack-1", 21e15, Month), new(Bitcoin("anna"), "s21-rack-2", 19e15, Month),
            new(Bitcoin("anna"), "s21-rack-3", 20e15, Month, LowNow: true), new(Bitcoin("anna"), "bitaxe-desk", 1.2e12, 400),
            new(Bitcoin("anna"), "old-s9", 13e12, 300, Until: 5), new(Bitcoin("anna"), "", 4.2e9, 90),
            new(Bitcoin("boris"), "hall-a", 31e15, Month), new(Bitcoin("boris"), "hall-b", 28e15, 610),
            new(Bitcoin("chen"), "m60", 17e15, Month), new(Bitcoin("dora"), "whatsminer", 12e15, 520),
            new(Bitcoin("emil"), "avalon-1", 8e15, 480), new(Bitcoin("fatma"), "rig", 15e15, Month), new(Bitcoin("goran"), "x", 6e15, 200),
            new(Bitcoin("hana"), "bitaxe", 1.1e12, 350), new(Bitcoin("ivo"), "nerdminer", 78e3, 120),
            new(Bitcoin("june"), "gamma", 1.3e12, 60),
            new(Bitcoin("karl"), "braiins", 9e15, 260, Until: 30),
        ];
        const uint BitcoinBits = 0x17_2816aa;
        await seed.MakeAsync(
            new SeedPlan(pools.ByName("btc")!, BitcoinBits, WorkOf(BitcoinBits), 312_500_000, 921_400, bitcoin, 48, 3), 0xB7C);
        SeedRig[] litecoin =
        [
            new(Litecoin("lena"), "l7-1", 9.1e9, 360), new(Litecoin("lena"), "l7-2", 9.3e9, 360), new(Litecoin("marc"), "l9", 16e9, 300),
            new(Litecoin("nina"), "l3", 5e8, 240), new(Litecoin("omar"), "", 18e9, 200),
        ];
        const uint LitecoinBits = 0x1a_3ebfff;
        await seed.MakeAsync(
            new SeedPlan(pools.ByName("ltc")!, LitecoinBits, WorkOf(LitecoinBits), 625_000_000, 2_990_100, litecoin, 6, 5), 0x17C);
    }

    private static async Task FillCrowd(NpgsqlDataSource database, PoolBook pools, long nowMs)
    {
        var rigs = Enumerable.Range(0, 10_000).Select(i => new SeedRig(BigMiner, $"rig-{i:00000}", 1e14, 0.05)).ToList();
        rigs.AddRange(HostileNames.Select((name, i) => new SeedRig(HostileMiner, name, (i + 1) * 1e13, 0.2)));
        const uint Bits = 0x17_2816aa;
        await new SeedPool(database, pools, nowMs).MakeAsync(
            new SeedPlan(pools.ByName("btc")!, Bits, WorkOf(Bits), 312_500_000, 921_400, rigs, 0, 0), 0xC0D);
    }

    /// <summary>Expected hashes of a block: 2^256 / (target + 1).</summary>
    internal static UInt128 WorkOf(uint nbits)
    {
        var target = new System.Numerics.BigInteger(nbits & 0x7FFFFF) << (int)(8 * ((nbits >> 24) - 3));
        return (UInt128)((System.Numerics.BigInteger.One << 256) / (target + 1));
    }
}
