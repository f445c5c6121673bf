using System.Globalization;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.EndToEnd.Harness;

/// <summary>What a story's pool looks like; becomes the YAML that both programs get.</summary>
internal sealed record PoolSetup
{
    public string Coin { get; init; } = "bitcoin";

    public required string Address { get; init; }

    /// <summary>Node URLs with user and password.</summary>
    public required string[] Nodes { get; init; }

    public string[] Zmq { get; init; } = [];

    public string? Wallet { get; init; }

    public string? WalletUrl { get; init; }

    public string? RedisUrl { get; init; }

    public string StartDifficulty { get; init; } = "0.0000001";

    public decimal Window { get; init; } = 2;

    public string Scheme { get; init; } = "pplns";

    public decimal FeePercent { get; init; } = 1;

    public string Threshold { get; init; } = "0.01";

    public int PayoutConfirmations { get; init; } = 2;

    public string ExtraEngine { get; init; } = "";

    public int StratumPort { get; } = FreePorts.Take(1)[0];

    public int MetricsPort { get; } = FreePorts.Take(1)[0];

    public int WebPort { get; } = FreePorts.Take(1)[0];

    public string Yaml(string data)
    {
        var nodes = string.Concat(Nodes.Select((url, i) => $"\n      - url: {url}" + (i < Zmq.Length ? $"\n        zmq: {Zmq[i]}" : "")));
        var redis = RedisUrl is null ? "" : $"\n  redis:\n    url: {RedisUrl}";
        var payouts = Wallet is null
            ? "      enabled: false"
            : $"""
                    threshold: {Threshold}
                    interval_seconds: 1
                    confirmations: {PayoutConfirmations}
                    wallet:
                      url: {WalletUrl ?? Nodes[0]}
                      name: {Wallet}
              """;
        return string.Create(CultureInfo.InvariantCulture, $"""
            common:
              data: {data}{redis}
            pools:
              - id: main
                coin: {Coin}
                network: regtest
                address: {Address}
                nodes:{nodes}
                ports:
                  - listen: 127.0.0.1
                    port: {StratumPort}
                difficulty:
                  start: {StartDifficulty}
                  min: "0.0000000001"
                  vardiff: false
                rewards:
                  scheme: {Scheme}
                  fee_percent: {FeePercent}
                  pplns:
                    window: {Window}
                payouts:
            {payouts}
            engine:
              metrics:
                port: {MetricsPort}
            {ExtraEngine}
            backoffice:
              http:
                listen: 127.0.0.1
                port: {WebPort}
              tracker_ms: 200
              slice_seconds: 10

            """);
    }
}
