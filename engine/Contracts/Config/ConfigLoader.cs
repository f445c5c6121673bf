namespace Viddhana.Contracts.Config;

/// <summary>
/// Reads <c>viddhana.yaml</c> with the environment laid over it. Every key is checked by either program; keys are the snake_case names of
/// the model's properties.
/// </summary>
public static class ConfigLoader
{
    private const int YearSeconds = 31_536_000;

    /// <summary>Reads and checks; never throws for what the operator wrote.</summary>
    /// <param name="yamlText">The file's text.</param>
    /// <param name="fileName">Its name, for messages.</param>
    /// <param name="environment">All environment variables; those that begin with <c>VIDDHANA__</c> count.</param>
    /// <param name="part">Whose secrets are read.</param>
    public static ConfigResult Load(string yamlText, string fileName, IReadOnlyDictionary<string, string> environment, ConfigPart part)
    {
        var problems = new ConfigProblems();
        var root = ConfigYaml.Read(yamlText, fileName, problems);
        if (problems.Errors.Count > 0) return new ConfigResult(null, problems.Errors, problems.Warnings);

        ConfigEnvironment.Apply(root, environment, problems);
        var config = new ConfigBinder(part).Bind(new ConfigSection(root, "", problems));
        config.KeepSettings(problems.Settings.All);
        return new ConfigResult(problems.Errors.Count == 0 ? config : null, problems.Errors, problems.Warnings);
    }

    /// <summary>The variables of this process, in the form that <see cref="Load"/> takes.</summary>
    public static IReadOnlyDictionary<string, string> ProcessEnvironment()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
            variables[(string)variable.Key] = (string?)variable.Value ?? "";
        return variables;
    }

    /// <summary>Binds sections to the model: one method per section, one line per key.</summary>
    private sealed class ConfigBinder(ConfigPart part)
    {
        private bool IsEngine => part == ConfigPart.Engine;

        public ViddhanaConfig Bind(ConfigSection root)
        {
            var config = new ViddhanaConfig
            {
                Common = BindCommon(root.Section("common")),
                Engine = BindEngine(root.Section("engine")),
                Backoffice = BindBackoffice(root.Section("backoffice")),
            };
            var pools = root.Sections("pools").ToArray();
            config.Pools = [.. pools.Select(pool => BindPool(pool, isFirst: pool == pools[0], config.Engine))];
            root.End();

            ConfigCheck.Pools(root, pools, config);
            return config;
        }

        private static CommonConfig BindCommon(ConfigSection section)
        {
            var common = new CommonConfig();
            common.Data = section.TextOrNull("data");
            common.PublicHost = section.TextOrNull("public_host");
            if (common.PublicHost is not null) ConfigCheck.HostName(section, "public_host", common.PublicHost);
            common.LogLevel = section.Choice("log_level", common.LogLevel, "debug", "info", "warning", "error");
            common.LogFormat = section.Choice("log_format", common.LogFormat, "text", "json");
            if (section.SectionOrNull("redis") is { } redis) common.Redis = BindRedis(redis);
            section.End();
            return common;
        }

        private static RedisConfig BindRedis(ConfigSection section)
        {
            var redis = new RedisConfig();
            redis.Url = section.Text("url", redis.Url);
            redis.Password = section.Secret("password", isRead: true);
            redis.Prefix = section.Text("prefix", redis.Prefix);
            ConfigCheck.Url(section, "url", redis.Url, "redis", "rediss", "unix");
            if (redis.Prefix.Length > 64 || redis.Prefix.Any(c => c is <= ' ' or > '~' or '{' or '}'))
                section.Error("prefix", "must be at most 64 printable ASCII characters without spaces and braces");
            section.End();
            return redis;
        }

        private PoolConfig BindPool(ConfigSection section, bool isFirst, EngineConfig engine)
        {
            var pool = new PoolConfig();
            pool.Id = section.Required("id", "btc");
            pool.Coin = section.Required("coin", "bitcoin");
            pool.Network = section.Text("network", pool.Network);
            pool.Address = section.Required("address", "bc1q…");
            pool.Tag = section.Text("tag", pool.Tag);
            pool.Extranonce2Size = section.Int("extranonce2_size", pool.Extranonce2Size, 4, 8);
            pool.RefreshSeconds = section.Int("refresh_seconds", pool.RefreshSeconds, 1, 600);
            pool.Difficulty = BindDifficulty(section.Section("difficulty"));
            pool.Rewards = BindRewards(section.Section("rewards"));
            pool.Payouts = BindPayouts(section.Section("payouts"), pool.Coin);
            var readsNodes = IsEngine || pool.Payouts.Wallet is null;
            pool.Nodes = [.. section.Sections("nodes").Select(node => BindNode(node, readsNodes))];
            pool.Ports = [.. section.Sections("ports").Select(BindPort)];
            if (pool.Ports.Count == 0) pool.Ports = DefaultPorts(section, isFirst, engine);
            if (pool.Nodes.Count == 0)
                section.Error("nodes", "needs at least one: nodes: [{url: \"http://127.0.0.1:8332\", cookie_file: /path/.cookie}]");
            section.End();
            ConfigCheck.Pool(section, pool);
            return pool;
        }

        private static List<PortConfig> DefaultPorts(ConfigSection section, bool isFirst, EngineConfig engine)
        {
            if (!isFirst) section.Error("ports", "is missing: only the first pool has default ports (3333, and 3334 with TLS)");
            List<PortConfig> ports = [new() { Port = 3333 }];
            if (engine.Tls is not null) ports.Add(new PortConfig { Port = 3334, Tls = PortTls.On });
            return ports;
        }

        private static NodeConfig BindNode(ConfigSection section, bool isRead)
        {
            var node = new NodeConfig();
            node.Url = section.Required("url", "http://127.0.0.1:8332");
            node.Password = section.Secret("password", isRead);
            node.CookieFile = section.TextOrNull("cookie_file");
            node.Zmq = section.TextOrNull("zmq");
            node.TimeoutMs = section.Int("timeout_ms", node.TimeoutMs, 100, 300_000);
            node.PollMs = section.Int("poll_ms", node.PollMs, 50, 60_000);
            ConfigCheck.Url(section, "url", node.Url, "http", "https");
            if (node.Zmq is not null) ConfigCheck.Url(section, "zmq", node.Zmq, "tcp");
            section.End();
            return node;
        }

        private static PortConfig BindPort(ConfigSection section)
        {
            var port = new PortConfig();
            port.Listen = section.Text("listen", port.Listen);
            section.Required("port", "3333");
            port.Port = section.Int("port", port.Port, 0, 65_535);
            port.Tls = section.Choice("tls", "false", "true", "false", "auto") switch
            {
                "true" => PortTls.On,
                "auto" => PortTls.Auto,
                _ => PortTls.Off,
            };
            port.ProxyFrom = section.Texts("proxy_from");
            ConfigCheck.ProxyFrom(section, port.ProxyFrom);
            port.Public = section.TextOrNull("public");
            if (port.Public is not null and not "none") ConfigCheck.HostAndPort(section, "public", port.Public);
            port.Shared = section.Flag("shared", port.Shared);
            if (port.Shared && !OperatingSystem.IsLinux()) section.Error("shared", "needs Linux (SO_REUSEPORT)");
            if (port.Shared && port.Port == 0) section.Error("shared", "needs a port: one that the system chooses is nobody else's");
            if (section.SectionOrNull("difficulty") is { } difficulty) port.Difficulty = BindDifficulty(difficulty);
            port.DrainTo = section.TextOrNull("drain_to");
            if (port.DrainTo is not null) ConfigCheck.HostAndPort(section, "drain_to", port.DrainTo);
            ConfigCheck.Listen(section, port.Listen);
            section.End();
            return port;
        }

        private static DifficultyConfig BindDifficulty(ConfigSection section)
        {
            const decimal Least = 0.0000000001m;
            const decimal Most = 2_147_483_648m;
            var difficulty = new DifficultyConfig();
            difficulty.Start = section.DecimalText("start", difficulty.Start, Least, Most, places: 10);
            difficulty.Min = section.DecimalText("min", difficulty.Min, Least, Most, places: 10);
            difficulty.Max = section.DecimalText("max", difficulty.Max, Least, Most, places: 10);
            difficulty.RentalMin = section.DecimalText("rental_min", difficulty.RentalMin, Least, Most, places: 10);
            difficulty.Vardiff = section.Flag("vardiff", difficulty.Vardiff);
            difficulty.TargetSeconds = section.Seconds("target_seconds", difficulty.TargetSeconds, 0.1, 600);
            difficulty.RetargetSeconds = section.Seconds("retarget_seconds", difficulty.RetargetSeconds, 1, 3_600);
            difficulty.Variance = section.Seconds("variance", difficulty.Variance, 0, 0.9);
            difficulty.IdleSeconds = section.Seconds("idle_seconds", difficulty.IdleSeconds, 1, 3_600);
            section.End();
            ConfigCheck.Difficulty(section, difficulty);
            return difficulty;
        }

        private static RewardsConfig BindRewards(ConfigSection section)
        {
            var rewards = new RewardsConfig();
            rewards.Scheme = section.Choice("scheme", rewards.Scheme, "pplns", "solo");
            rewards.FeePercent = section.Decimal("fee_percent", rewards.FeePercent, 0, 100, places: 4)!.Value;
            var pplns = section.Section("pplns");
            rewards.Pplns.Window = pplns.Decimal("window", rewards.Pplns.Window, 0.0001m, 1_000, places: 4)!.Value;
            pplns.End();
            section.End();
            return rewards;
        }

        private PayoutsConfig BindPayouts(ConfigSection section, string coinName)
        {
            var payouts = new PayoutsConfig();
            var places = CoinDefinitions.Get(coinName)?.Decimals ?? 8;
            payouts.Enabled = section.Flag("enabled", payouts.Enabled);
            payouts.Threshold = section.Decimal("threshold", null, 0.00001m, 1_000_000, places);
            payouts.IntervalSeconds = section.Int("interval_seconds", payouts.IntervalSeconds, 1, YearSeconds);
            payouts.Confirmations = section.Int("confirmations", payouts.Confirmations, 1, 1_000);
            payouts.FeeFrom = section.Choice("fee_from", payouts.FeeFrom, "pool", "miners");
            payouts.BatchMax = section.Int("batch_max", payouts.BatchMax, 1, 2_500);
            payouts.BindRules(section, places);
            if (section.SectionOrNull("wallet") is { } wallet) payouts.Wallet = BindWallet(wallet);
            section.End();
            return payouts;
        }

        private WalletConfig BindWallet(ConfigSection section)
        {
            var wallet = new WalletConfig();
            wallet.Url = section.Required("url", "http://127.0.0.1:8332");
            wallet.Password = section.Secret("password", isRead: !IsEngine);
            wallet.CookieFile = section.TextOrNull("cookie_file");
            wallet.Name = section.TextOrNull("name");
            wallet.Passphrase = section.Secret("passphrase", isRead: !IsEngine);
            ConfigCheck.Url(section, "url", wallet.Url, "http", "https");
            section.End();
            return wallet;
        }

        private static EngineConfig BindEngine(ConfigSection section)
        {
            var engine = new EngineConfig();
            engine.InstanceId = section.Int("instance_id", engine.InstanceId, 0, EntryFormat.EngineIdMax);
            engine.Threads = section.Int("threads", engine.Threads, 0, 256);
            engine.HashThreads = section.Int("hash_threads", engine.HashThreads, 0, 256);
            engine.Metrics = BindHttp(section.Section("metrics"), engine.Metrics);
            if (section.SectionOrNull("tls") is { } tls) engine.Tls = BindTls(tls);
            engine.Coinbase = BindCoinbase(section.Section("coinbase"));
            engine.Journal = BindJournal(section.Section("journal"));
            engine.Limits = BindLimits(section.Section("limits"));
            engine.Sessions = BindSessions(section.Section("sessions"));
            var status = section.Section("status");
            engine.Status.IntervalMs = status.Int("interval_ms", engine.Status.IntervalMs, 250, 60_000);
            status.End();
            section.End();
            return engine;
        }

        private static SessionsConfig BindSessions(ConfigSection section)
        {
            var sessions = new SessionsConfig();
            sessions.KeepAliveSeconds = section.Int("keep_alive_seconds", sessions.KeepAliveSeconds, 1, 60);
            sessions.ResumeSeconds = section.Int("resume_seconds", sessions.ResumeSeconds, 0, 600);
            sessions.RememberSeconds = section.Int("remember_seconds", sessions.RememberSeconds, 0, 86_400);
            sessions.RememberWorkers = section.Int("remember_workers", sessions.RememberWorkers, 1_024, 4_194_304);
            section.End();
            return sessions;
        }

        private static TlsConfig BindTls(ConfigSection section)
        {
            var tls = new TlsConfig
            {
                Certificate = section.Required("certificate", "/etc/viddhana/fullchain.pem"),
                Key = section.Required("key", "/etc/viddhana/privkey.pem"),
            };
            section.End();
            return tls;
        }

        private static HttpConfig BindHttp(ConfigSection section, HttpConfig http)
        {
            http.Listen = section.Text("listen", http.Listen);
            http.Port = section.Int("port", http.Port, 0, 65_535);
            ConfigCheck.Listen(section, http.Listen);
            section.End();
            return http;
        }

        private static CoinbaseConfig BindCoinbase(ConfigSection section)
        {
            var coinbase = new CoinbaseConfig();
            coinbase.MaxBytes = section.Int("max_bytes", coinbase.MaxBytes, CoinbaseConfig.BytesMin, CoinbaseConfig.BytesMax);
            var profiles = section.Sections("profiles").ToArray();
            if (section.Find("profiles") is not null) coinbase.Profiles = [.. profiles.Select(BindCoinbaseProfile)];
            section.End();
            ConfigCheck.Coinbase(section, profiles, coinbase);
            return coinbase;
        }

        private static CoinbaseProfileConfig BindCoinbaseProfile(ConfigSection section)
        {
            var profile = new CoinbaseProfileConfig { Name = section.Required("name", "nerdminer") };
            section.Required("max_bytes", "255");
            profile.MaxBytes = section.Int("max_bytes", CoinbaseConfig.BytesMin, CoinbaseConfig.BytesMin, CoinbaseConfig.BytesMax);
            profile.UserAgents = section.Texts("user_agents");
            section.End();
            return profile;
        }

        private static JournalConfig BindJournal(ConfigSection section)
        {
            var journal = new JournalConfig();
            journal.Directory = section.TextOrNull("directory");
            journal.FsyncMs = section.TextOrNull("fsync_ms") == "always" ? 0 : section.Int("fsync_ms", journal.FsyncMs, 0, 10_000);
            journal.SegmentBytes = section.Bytes("segment_bytes", journal.SegmentBytes, 1 << 20, 1 << 30);
            journal.MaxBytes = section.Bytes("max_bytes", journal.MaxBytes, 4 << 20, 1L << 50, isZeroAllowed: true);
            if (journal.MaxBytes > 0 && journal.MaxBytes < 4 * journal.SegmentBytes)
                section.Error("max_bytes", $"must hold at least four segments ({4 * journal.SegmentBytes} bytes)");
            section.End();
            return journal;
        }

        private static LimitsConfig BindLimits(ConfigSection section)
        {
            var limits = new LimitsConfig();
            limits.Connections = section.Int("connections", limits.Connections, 1, 4_000_000);
            limits.ConnectionsPerAddress = section.Int("connections_per_address", limits.ConnectionsPerAddress, 1, 4_000_000);
            limits.LineBytes = section.Int("line_bytes", limits.LineBytes, 1_024, 65_536);
            limits.MessagesPerSecond = section.Int("messages_per_second", limits.MessagesPerSecond, 1, 1_000_000);
            limits.SendQueueBytes = section.Int("send_queue_bytes", limits.SendQueueBytes, 16 << 10, 64 << 20);
            limits.LoginSeconds = section.Int("login_seconds", limits.LoginSeconds, 1, 3_600);
            limits.IdleSeconds = section.Int("idle_seconds", limits.IdleSeconds, 10, 86_400);
            limits.WorkersPerConnection = section.Int("workers_per_connection", limits.WorkersPerConnection, 1, 65_536);
            section.End();
            return limits;
        }

        private static BackofficeConfig BindBackofficeKeys(ConfigSection section, BackofficeConfig backoffice)
        {
            backoffice.JournalDirectories = section.Texts("journal_directories");
            backoffice.SliceSeconds = section.Int("slice_seconds", backoffice.SliceSeconds, 10, 600);
            backoffice.KeepDays = section.Int("keep_days", backoffice.KeepDays, 1, 3_650);
            backoffice.TrackerMs = section.Int("tracker_ms", backoffice.TrackerMs, 100, 600_000);
            return backoffice;
        }

        private static FacadesConfig BindFacades(ConfigSection section)
        {
            var facades = new FacadesConfig();
            if (section.SectionOrNull("public_pool") is { } http)
                facades.PublicPool = BindHttp(http, new HttpConfig { Listen = "0.0.0.0", Port = 2019 });
            section.End();
            return facades;
        }

        private static LiveConfig BindLive(ConfigSection section)
        {
            var live = new LiveConfig();
            live.ViewersMax = section.Int("viewers_max", live.ViewersMax, 1, 1_000_000);
            live.ViewersPerAddressMax = section.Int("viewers_per_address_max", live.ViewersPerAddressMax, 1, 1_000_000);
            section.End();
            return live;
        }

        private BackofficeConfig BindBackoffice(ConfigSection section)
        {
            var backoffice = new BackofficeConfig();
            backoffice.Http = BindHttp(section.Section("http"), backoffice.Http);
            var postgres = section.Section("postgres");
            backoffice.Postgres.Url = postgres.TextOrNull("url");
            backoffice.Postgres.Password = postgres.Secret("password", isRead: !IsEngine);
            if (backoffice.Postgres.Url is { } url) ConfigCheck.PostgresUrl(postgres, url);
            postgres.End();
            BindBackofficeKeys(section, backoffice);
            backoffice.Live = BindLive(section.Section("live"));
            backoffice.Facades = BindFacades(section.Section("facades"));
            backoffice.Access = AccessConfig.Bind(section.Section("access"));
            backoffice.Notices = NoticesConfig.Bind(section.Section("notices"), isRead: !IsEngine);
            section.End();
            return backoffice;
        }
    }
}
