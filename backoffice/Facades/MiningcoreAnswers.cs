namespace Viddhana.Backoffice.Facades;

// The names are those of Miningcore (src/Miningcore/Api/Responses). Amounts are decimal coins, as its clients expect them.

/// <summary>A coin.</summary>
internal sealed record McCoin(string Type, string Name, string Symbol, string Family, string Algorithm, string CanonicalName);

/// <summary>Vardiff of a port.</summary>
internal sealed record McVarDiff(double MinDiff, double MaxDiff, double TargetTime, double RetargetTime, double VariancePercent);

/// <summary>A port; without vardiff it stays at its difficulty.</summary>
internal sealed record McPort(string ListenAddress, string Name, double Difficulty, McVarDiff? VarDiff, bool Tls, bool TlsAuto);

/// <summary>A part of the scheme's configuration: PPLNS's window in multiples of a block's work.</summary>
internal sealed record McScheme(decimal Factor);

/// <summary>How miners are paid.</summary>
internal sealed record McPayments(bool Enabled, decimal MinimumPayment, string PayoutScheme, McScheme? PayoutSchemeConfig);

/// <summary>A pool's figures.</summary>
internal sealed record McPoolStats(
    long ConnectedMiners, long ConnectedWorkers, double PoolHashrate, double SharesPerSecond, DateTimeOffset? LastPoolBlockTime);

/// <summary>The chain. What the backoffice does not ask nodes for is empty.</summary>
internal sealed record McNetwork(
    string NetworkType,
    double NetworkHashrate,
    double NetworkDifficulty,
    string NextNetworkTarget,
    string NextNetworkBits,
    DateTimeOffset? LastNetworkBlockTime,
    long BlockHeight,
    int ConnectedPeers,
    string RewardType);

/// <summary>An account in a list.</summary>
internal sealed record McMiner(string Miner, double Hashrate, double SharesPerSecond);

/// <summary>A pool.</summary>
internal sealed record McPool(
    string Id,
    McCoin Coin,
    IReadOnlyDictionary<string, McPort> Ports,
    McPayments PaymentProcessing,
    int ClientConnectionTimeout,
    int JobRebroadcastTimeout,
    int BlockRefreshInterval,
    decimal PoolFeePercent,
    string Address,
    string? AddressInfoLink,
    McPoolStats PoolStats,
    McNetwork NetworkStats,
    IReadOnlyList<McMiner> TopMiners,
    decimal TotalPaid,
    long TotalBlocks,
    DateTimeOffset? LastPoolBlockTime,
    double PoolEffort);

/// <summary><c>/api/pools</c>.</summary>
internal sealed record McPools(IReadOnlyList<McPool> Pools);

/// <summary><c>/api/pools/ID</c>.</summary>
internal sealed record McOnePool(McPool Pool);

/// <summary>A point of a pool's performance.</summary>
internal sealed record McPoolPoint(
    double PoolHashrate,
    long ConnectedMiners,
    long ConnectedWorkers,
    double ValidSharesPerSecond,
    double NetworkHashrate,
    double NetworkDifficulty,
    DateTimeOffset Created);

/// <summary><c>/api/pools/ID/performance</c>.</summary>
internal sealed record McPerformance(IReadOnlyList<McPoolPoint> Stats);

/// <summary>A block.</summary>
internal sealed record McBlock(
    string PoolId,
    long BlockHeight,
    double NetworkDifficulty,
    string Status,
    string Type,
    double ConfirmationProgress,
    double? Effort,
    string TransactionConfirmationData,
    decimal Reward,
    string? InfoLink,
    string Hash,
    string Miner,
    string Worker,
    string Source,
    DateTimeOffset Created);

/// <summary>A payment to an account.</summary>
internal sealed record McPayment(
    string Coin,
    string Address,
    string? AddressInfoLink,
    decimal Amount,
    string TransactionConfirmationData,
    string? TransactionInfoLink,
    DateTimeOffset Created);

/// <summary>A rig.</summary>
internal sealed record McWorker(double Hashrate, double SharesPerSecond);

/// <summary>An account's rigs at a time.</summary>
internal sealed record McWorkers(DateTimeOffset Created, IReadOnlyDictionary<string, McWorker> Workers);

/// <summary><c>/api/pools/ID/miners/ADDRESS</c>.</summary>
internal sealed record McAccount(
    double PendingShares,
    decimal PendingBalance,
    decimal TotalPaid,
    decimal TodayPaid,
    DateTimeOffset? LastPayment,
    string? LastPaymentLink,
    McWorkers? Performance,
    IReadOnlyList<McWorkers> PerformanceSamples);

/// <summary>A movement of a balance.</summary>
internal sealed record McChange(string PoolId, string Address, decimal Amount, string Usage, DateTimeOffset Created);

/// <summary>What an account earned in a UTC day.</summary>
internal sealed record McDay(decimal Amount, DateTimeOffset Date);

/// <summary>An account's settings.</summary>
internal sealed record McSettings(decimal PaymentThreshold);

/// <summary>A page of version 2.</summary>
internal sealed record McPage<T>(IReadOnlyList<T> Result, bool Success, string? ResponseMessageType, long PageCount, long ItemCount);
