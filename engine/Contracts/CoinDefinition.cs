namespace Viddhana.Contracts;

/// <summary>What a coin is, read from <c>coins/NAME.json</c>.</summary>
public sealed record CoinDefinition
{
    /// <summary>Name in configuration: <c>bitcoin</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Ticker: <c>BTC</c>.</summary>
    public required string Symbol { get; init; }

    /// <summary>Chain family, a key of the engine's chain registry: <c>bitcoin</c>.</summary>
    public required string Chain { get; init; }

    /// <summary>Proof-of-work algorithm: <c>sha256d</c>, <c>scrypt</c>.</summary>
    public required string Algorithm { get; init; }

    /// <summary>How its miners speak, a key of the engine's registry of dialects: <c>v1</c>.</summary>
    public required string Dialect { get; init; }

    /// <summary>Target of difficulty 1 in Stratum, 64 hex digits, most significant first.</summary>
    public required string Difficulty1Target { get; init; }

    /// <summary>Decimal places of one coin.</summary>
    public required int Decimals { get; init; }

    /// <summary>Confirmations after which a coinbase may be spent (100).</summary>
    public required int CoinbaseMaturity { get; init; }

    /// <summary>Seconds between blocks that the chain aims at.</summary>
    public required int BlockSeconds { get; init; }

    /// <summary>Rules sent with <c>getblocktemplate</c>: segwit, mweb.</summary>
    public required IReadOnlyList<string> TemplateRules { get; init; }

    /// <summary>
    /// Rules the chain code knows besides those of <see cref="TemplateRules"/>: csv, taproot, testdummy. An unknown <c>!rule</c> is
    /// refused.
    /// </summary>
    public required IReadOnlyList<string> KnownRules { get; init; }

    /// <summary>True where BIP 320 bits may be rolled.</summary>
    public required bool VersionRolling { get; init; }

    /// <summary>Default payout threshold in base units.</summary>
    public required long PayoutThreshold { get; init; }

    /// <summary>Block page of a public explorer, with {hash}; null if none.</summary>
    public string? ExplorerBlock { get; init; }

    /// <summary>Transaction page of a public explorer, with {txid}; null if none.</summary>
    public string? ExplorerTransaction { get; init; }

    /// <summary>Address forms by network: mainnet, testnet, signet, regtest.</summary>
    public required IReadOnlyDictionary<string, CoinNetwork> Networks { get; init; }
}

/// <summary>Address forms of one network of a coin, and how its nodes call it.</summary>
public sealed record CoinNetwork
{
    /// <summary>What <c>getblockchaininfo.chain</c> says: main, test, signet, regtest.</summary>
    public required string NodeChain { get; init; }

    /// <summary>
    /// Id of the first block, as nodes print it: tells coins apart whose nodes all say <c>main</c>. Null: not checked.
    /// </summary>
    public string? Genesis { get; init; }

    /// <summary>Base58Check version bytes of pay-to-public-key-hash.</summary>
    public required IReadOnlyList<int> P2pkh { get; init; }

    /// <summary>Base58Check version bytes of pay-to-script-hash.</summary>
    public required IReadOnlyList<int> P2sh { get; init; }

    /// <summary>Human-readable part of Bech32 and Bech32m; null if the coin has none.</summary>
    public string? Bech32 { get; init; }
}
