namespace Viddhana.Contracts.Config;

/// <summary>The whole of <c>viddhana.yaml</c>: one schema for both programs. Defaults are those of a property initialiser.</summary>
public sealed class ViddhanaConfig
{
    private IReadOnlyList<ConfigSetting> _settings = [];

    /// <summary>What both programs need to agree on.</summary>
    public CommonConfig Common { get; set; } = new();

    /// <summary>The pools served; at least one.</summary>
    public List<PoolConfig> Pools { get; set; } = [];

    /// <summary>The engine's part.</summary>
    public EngineConfig Engine { get; set; } = new();

    /// <summary>The backoffice's part.</summary>
    public BackofficeConfig Backoffice { get; set; } = new();

    /// <summary>Every key as it is in force and where it comes from, in the order of the schema; empty where no file was loaded.</summary>
    public IReadOnlyList<ConfigSetting> Settings() => _settings;

    internal void KeepSettings(IReadOnlyList<ConfigSetting> settings) => _settings = settings;

    /// <summary>The directory of everything that must survive: the configured one or the default.</summary>
    public string DataDirectory() =>
        Common.Data ?? (Environment.UserName == "root" && !OperatingSystem.IsWindows() ? "/var/lib/viddhana" : "./data");

    /// <summary>The journal directory: the configured one or <c>journal</c> under the data directory.</summary>
    public string JournalDirectory() => Engine.Journal.Directory ?? Path.Combine(DataDirectory(), "journal");

    /// <summary>Where the backoffice publishes committed marks in embedded mode; the engine only reads there.</summary>
    public string CommittedDirectory() => Path.Combine(DataDirectory(), Streams.CommittedDirectory);
}

/// <summary>Section <c>common</c>.</summary>
public sealed class CommonConfig
{
    /// <summary>Directory of everything that must survive; null: <c>./data</c>, as root <c>/var/lib/viddhana</c>.</summary>
    public string? Data { get; set; }

    /// <summary>Redis; null: the backoffice reads the journal directory itself.</summary>
    public RedisConfig? Redis { get; set; }

    /// <summary>Name under which miners reach the pool, for the connect guide; null: the one that the page was opened under.</summary>
    public string? PublicHost { get; set; }

    /// <summary><c>debug</c>, <c>info</c>, <c>warning</c> or <c>error</c>.</summary>
    public string LogLevel { get; set; } = "info";

    /// <summary><c>text</c> or <c>json</c>.</summary>
    public string LogFormat { get; set; } = "text";
}

/// <summary>Section <c>common.redis</c>.</summary>
public sealed class RedisConfig
{
    /// <summary><c>redis://[user[:password]@]host[:port][/db]</c>, <c>rediss://</c> for TLS, or <c>unix:///path</c>.</summary>
    public string Url { get; set; } = "redis://127.0.0.1:6379";

    /// <summary>Password; from the environment or <c>password_file</c> rather than the file.</summary>
    public string? Password { get; set; }

    /// <summary>Prefix of every key and of the stream.</summary>
    public string Prefix { get; set; } = "viddhana:";
}

/// <summary>One entry of <c>pools</c>: one coin, one address, its nodes.</summary>
public sealed class PoolConfig
{
    /// <summary>Short name, <c>[a-z0-9-]{1,32}</c>; appears in batches, metrics and the API. Never change it.</summary>
    public string Id { get; set; } = "";

    /// <summary>Name of a coin definition: <c>bitcoin</c>, <c>litecoin</c> …</summary>
    public string Coin { get; set; } = "";

    /// <summary><c>mainnet</c>, <c>testnet</c>, <c>signet</c> or <c>regtest</c>. The engine refuses a node on another network.</summary>
    public string Network { get; set; } = "mainnet";

    /// <summary>Where the coinbase pays to: an address of the pool's wallet.</summary>
    public string Address { get; set; } = "";

    /// <summary>Text in the coinbase, at most 32 printable ASCII characters.</summary>
    public string Tag { get; set; } = "/viddhana/";

    /// <summary>Bytes of extranonce2, 4 to 8.</summary>
    public int Extranonce2Size { get; set; } = 8;

    /// <summary>Coin nodes in order of preference; at least one.</summary>
    public List<NodeConfig> Nodes { get; set; } = [];

    /// <summary>Stratum listeners. Empty: 3333 plain, and 3334 TLS when a certificate is set (first pool only).</summary>
    public List<PortConfig> Ports { get; set; } = [];

    /// <summary>Difficulty of ports that do not set their own.</summary>
    public DifficultyConfig Difficulty { get; set; } = new();

    /// <summary>Seconds after which an unchanged tip gets a fresh template, 1 to 600.</summary>
    public int RefreshSeconds { get; set; } = 30;

    /// <summary>How rewards are split.</summary>
    public RewardsConfig Rewards { get; set; } = new();

    /// <summary>How miners are paid.</summary>
    public PayoutsConfig Payouts { get; set; } = new();
}

/// <summary>One coin node.</summary>
public sealed class NodeConfig
{
    /// <summary><c>http://[user[:password]@]host:port</c>.</summary>
    public string Url { get; set; } = "";

    /// <summary>RPC password when it is not in the URL.</summary>
    public string? Password { get; set; }

    /// <summary>The node's cookie file; used when no password is given.</summary>
    public string? CookieFile { get; set; }

    /// <summary>ZMQ <c>hashblock</c> publisher, <c>tcp://host:port</c>; null: long polling and polling only.</summary>
    public string? Zmq { get; set; }

    /// <summary>Milliseconds for an ordinary call.</summary>
    public int TimeoutMs { get; set; } = 10_000;

    /// <summary>Milliseconds between polls of the best block where neither ZMQ nor long polling is alive.</summary>
    public int PollMs { get; set; } = 500;
}

/// <summary>One Stratum listener.</summary>
public sealed class PortConfig
{
    /// <summary>Address to bind.</summary>
    public string Listen { get; set; } = "0.0.0.0";

    /// <summary>TCP port; 0 lets the system choose (printed at start).</summary>
    public int Port { get; set; }

    /// <summary>Whether it speaks TLS, with <c>engine.tls</c>'s certificate.</summary>
    public PortTls Tls { get; set; }

    /// <summary>
    /// Addresses and CIDR ranges of trusted balancers. Their connections must begin with a PROXY header (version 1 or 2), and count as
    /// those of the address it names; a header from anywhere else is refused.
    /// </summary>
    public List<string> ProxyFrom { get; set; } = [];

    /// <summary>
    /// Where miners reach it, for the connect guide: <c>host:port</c> (a balancer's), or <c>none</c>: it is not shown. Null:
    /// <see cref="CommonConfig.PublicHost"/> with the port itself; not shown where only balancers connect (<see cref="ProxyFrom"/>).
    /// </summary>
    public string? Public { get; set; }

    /// <summary>Several engines listen on the port (SO_REUSEPORT), and the kernel spreads connections over them. Linux only.</summary>
    public bool Shared { get; set; }

    /// <summary>Difficulty of this port; null: the pool's.</summary>
    public DifficultyConfig? Difficulty { get; set; }

    /// <summary>
    /// Where miners of this port are told to go when the engine stops: <c>host:port</c> in the same domain; null: here again.
    /// </summary>
    public string? DrainTo { get; set; }
}

/// <summary>Key <c>pools[].ports[].tls</c>.</summary>
public enum PortTls
{
    /// <summary><c>false</c>: plain only.</summary>
    Off,

    /// <summary><c>true</c>: TLS only.</summary>
    On,

    /// <summary><c>auto</c>: both, by the first byte of a connection.</summary>
    Auto,
}

/// <summary>Difficulty and vardiff. Values are exact decimals of at least 1e-10, kept as text until parsed.</summary>
public sealed class DifficultyConfig
{
    /// <summary>Difficulty of a new connection.</summary>
    public string Start { get; set; } = "1024";

    /// <summary>Lowest that vardiff, password or suggestion may reach.</summary>
    public string Min { get; set; } = "0.001";

    /// <summary>Highest that vardiff may reach.</summary>
    public string Max { get; set; } = "2147483648";

    /// <summary>Lowest for rental services (NiceHash, MiningRigRentals) on SHA-256 coins: NiceHash refuses lower starts.</summary>
    public string RentalMin { get; set; } = "524288";

    /// <summary>False: the start difficulty stays.</summary>
    public bool Vardiff { get; set; } = true;

    /// <summary>Seconds between shares that vardiff aims at.</summary>
    public double TargetSeconds { get; set; } = 10;

    /// <summary>Seconds between adjustments at the soonest.</summary>
    public double RetargetSeconds { get; set; } = 60;

    /// <summary>Fraction around the target inside which nothing changes, 0 to 0.9.</summary>
    public double Variance { get; set; } = 0.3;

    /// <summary>Seconds without a share after which the difficulty is lowered.</summary>
    public double IdleSeconds { get; set; } = 120;
}

/// <summary>Section <c>pools[].rewards</c>.</summary>
public sealed class RewardsConfig
{
    /// <summary><c>pplns</c> or <c>solo</c>.</summary>
    public string Scheme { get; set; } = "pplns";

    /// <summary>Fee in percent of the block reward, a decimal with at most 4 places, 0 to 100.</summary>
    public decimal FeePercent { get; set; } = 1m;

    /// <summary>Section <c>pools[].rewards.pplns</c>.</summary>
    public PplnsConfig Pplns { get; set; } = new();
}

/// <summary>PPLNS.</summary>
public sealed class PplnsConfig
{
    /// <summary>Window in multiples of the block's network work, a decimal with at most 4 places, above 0.</summary>
    public decimal Window { get; set; } = 2m;
}

/// <summary>Section <c>pools[].payouts</c>.</summary>
public sealed partial class PayoutsConfig
{
    /// <summary>False: balances grow, nothing is sent.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Smallest balance that is paid, in whole coins as a decimal; null: the coin's default.</summary>
    public decimal? Threshold { get; set; }

    /// <summary>Seconds between payout rounds.</summary>
    public int IntervalSeconds { get; set; } = 600;

    /// <summary>Confirmations after which a payout is final.</summary>
    public int Confirmations { get; set; } = 6;

    /// <summary>Who bears the transaction fee: <c>pool</c> or <c>miners</c>.</summary>
    public string FeeFrom { get; set; } = "pool";

    /// <summary>Most outputs in one transaction.</summary>
    public int BatchMax { get; set; } = 500;

    /// <summary>The wallet's own RPC; null: payouts are off.</summary>
    public WalletConfig? Wallet { get; set; }
}

/// <summary>Section <c>pools[].payouts.wallet</c>: the RPC of the wallet that holds <c>pools[].address</c>.</summary>
public sealed class WalletConfig
{
    /// <summary><c>http://[user[:password]@]host:port</c>.</summary>
    public string Url { get; set; } = "";

    /// <summary>RPC password when it is not in the URL.</summary>
    public string? Password { get; set; }

    /// <summary>The node's cookie file.</summary>
    public string? CookieFile { get; set; }

    /// <summary>Wallet name; null: the node's only wallet.</summary>
    public string? Name { get; set; }

    /// <summary>Passphrase of an encrypted wallet.</summary>
    public string? Passphrase { get; set; }
}

/// <summary>Section <c>engine</c>.</summary>
public sealed class EngineConfig
{
    /// <summary>Instance id, 0 to 1023; unique among the engines of one backoffice.</summary>
    public int InstanceId { get; set; }

    /// <summary>Loop threads; 0: one per core.</summary>
    public int Threads { get; set; }

    /// <summary>Validation threads for slow algorithms; 0: one per core.</summary>
    public int HashThreads { get; set; }

    /// <summary>Metrics and health.</summary>
    public HttpConfig Metrics { get; set; } = new() { Listen = "127.0.0.1", Port = 9090 };

    /// <summary>TLS certificate; null: no TLS listener.</summary>
    public TlsConfig? Tls { get; set; }

    /// <summary>How large a coinbase devices can read.</summary>
    public CoinbaseConfig Coinbase { get; set; } = new();

    /// <summary>The store of shares.</summary>
    public JournalConfig Journal { get; set; } = new();

    /// <summary>Limits of connections and messages.</summary>
    public LimitsConfig Limits { get; set; } = new();

    /// <summary>What the backoffice is told.</summary>
    public StatusConfig Status { get; set; } = new();

    /// <summary>What outlasts a connection, and what keeps it alive.</summary>
    public SessionsConfig Sessions { get; set; } = new();
}

/// <summary>An HTTP listener.</summary>
public sealed class HttpConfig
{
    /// <summary>Address to bind.</summary>
    public string Listen { get; set; } = "127.0.0.1";

    /// <summary>TCP port; 0 lets the system choose (printed at start).</summary>
    public int Port { get; set; }
}

/// <summary>Section <c>engine.tls</c>.</summary>
public sealed class TlsConfig
{
    /// <summary>PEM file with the certificate chain.</summary>
    public string Certificate { get; set; } = "";

    /// <summary>PEM file with the private key.</summary>
    public string Key { get; set; } = "";
}

/// <summary>Section <c>engine.journal</c>.</summary>
public sealed class JournalConfig
{
    /// <summary>Directory; null: <c>journal</c> under the data directory.</summary>
    public string? Directory { get; set; }

    /// <summary>Milliseconds between fsyncs, 1 to 10000; 0 means <c>always</c>: answers wait for it.</summary>
    public int FsyncMs { get; set; } = 20;

    /// <summary>Bytes a segment reaches before the next one is begun.</summary>
    public long SegmentBytes { get; set; } = 64L << 20;

    /// <summary>Most bytes of all segments; 0: 64 GiB or half of the free disk, whichever is less.</summary>
    public long MaxBytes { get; set; }
}

/// <summary>Section <c>engine.limits</c>. Over a limit, the one offender is cut off.</summary>
public sealed class LimitsConfig
{
    /// <summary>Connections in all.</summary>
    public int Connections { get; set; } = 19_000;

    /// <summary>Connections from one IP address (IPv6: one /64).</summary>
    public int ConnectionsPerAddress { get; set; } = 2_000;

    /// <summary>Bytes of one line.</summary>
    public int LineBytes { get; set; } = 4_096;

    /// <summary>Messages per second of one connection, averaged over ten seconds.</summary>
    public int MessagesPerSecond { get; set; } = 1_000;

    /// <summary>Bytes that wait for a slow reader before it is cut off.</summary>
    public int SendQueueBytes { get; set; } = 256 << 10;

    /// <summary>Seconds until subscribe and authorize must have happened.</summary>
    public int LoginSeconds { get; set; } = 60;

    /// <summary>Seconds without a byte from the miner until it is cut off.</summary>
    public int IdleSeconds { get; set; } = 900;

    /// <summary>Workers per connection.</summary>
    public int WorkersPerConnection { get; set; } = 1_024;
}

/// <summary>Section <c>engine.sessions</c>.</summary>
public sealed class SessionsConfig
{
    /// <summary>Seconds after which a miner gets new work though nothing has changed, 1 to 60: clients give up after 90.</summary>
    public int KeepAliveSeconds { get; set; } = 45;

    /// <summary>Seconds for which a connection that broke may be resumed by its session id, 0 (never) to 600.</summary>
    public int ResumeSeconds { get; set; } = 120;

    /// <summary>Seconds for which the last difficulty of a worker is remembered, 0 (never) to 86400.</summary>
    public int RememberSeconds { get; set; } = 600;

    /// <summary>Workers of each pool whose difficulty is remembered; 48 bytes each.</summary>
    public int RememberWorkers { get; set; } = 65_536;
}

/// <summary>Section <c>backoffice</c>.</summary>
public sealed class BackofficeConfig
{
    /// <summary>API and web.</summary>
    public HttpConfig Http { get; set; } = new() { Listen = "0.0.0.0", Port = 4444 };

    /// <summary>PostgreSQL.</summary>
    public PostgresConfig Postgres { get; set; } = new();

    /// <summary>Who may ask the API for what, and how often.</summary>
    public AccessConfig Access { get; set; } = new();

    /// <summary>Journal directories to read where Redis is not configured; empty: the engine's own.</summary>
    public List<string> JournalDirectories { get; set; } = [];

    /// <summary>Seconds of one aggregation slice, 10 to 600.</summary>
    public int SliceSeconds { get; set; } = 60;

    /// <summary>Days that aggregates are kept.</summary>
    public int KeepDays { get; set; } = 90;

    /// <summary>Milliseconds between looks at the chain and the wallet.</summary>
    public int TrackerMs { get; set; } = 5_000;

    /// <summary>The live channel.</summary>
    public LiveConfig Live { get; set; } = new();

    /// <summary>Mail and other channels.</summary>
    public NoticesConfig Notices { get; set; } = new();

    /// <summary>What is spoken besides the pool's own API.</summary>
    public FacadesConfig Facades { get; set; } = new();
}

/// <summary>Section <c>backoffice.postgres</c>.</summary>
public sealed class PostgresConfig
{
    /// <summary>Npgsql connection string or <c>postgres://</c> URL; null: a private instance under the data directory.</summary>
    public string? Url { get; set; }

    /// <summary>Password when it is not in the URL.</summary>
    public string? Password { get; set; }
}
