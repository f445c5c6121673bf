using System.Globalization;

namespace Viddhana.Build;

/// <summary>The configuration that <c>up</c> writes.</summary>
internal static class UpConfig
{
    public static string Text(UpOptions options, UpPool pool)
    {
        var cookie = pool.CookieFile is null ? "" : $"\n        cookie_file: {pool.CookieFile}";
        return string.Create(CultureInfo.InvariantCulture, $"""
            # Written by ./build.sh up at each start. For a pool of your own: viddhana-engine --example-config
            common:
              data: {options.Data}
            pools:
              - id: {pool.Id}
                coin: {pool.Coin}
                network: {pool.Network}
                address: {pool.Address}
                nodes:
                  - url: {pool.NodeUrl}{cookie}
                ports:
                  - port: {options.StratumPort}
                difficulty:
                  start: {StartDifficulty(pool)}
                  min: {MinDifficulty(pool)}
                  target_seconds: 2
                  retarget_seconds: 20
                rewards:
                  scheme: pplns
                  fee_percent: 1
                payouts:
            {Payouts(pool)}
            engine:
              metrics:
                port: {options.MetricsPort}
            backoffice:
              http:
                port: {options.WebPort}
              tracker_ms: 1000
              slice_seconds: 10

            """);
    }

    private static string Payouts(UpPool pool)
    {
        if (pool.Wallet is null) return "      enabled: false";

        var cookie = pool.CookieFile is null ? "" : $"\n        cookie_file: {pool.CookieFile}";
        var name = pool.Wallet.Length > 0 ? $"\n        name: {pool.Wallet}" : "";
        return $"""
                  interval_seconds: 15
                  confirmations: 3
                  threshold: {(pool.Coin == "litecoin" ? "0.05" : "0.005")}
                  wallet:
                    url: {pool.NodeUrl}{cookie}{name}
            """;
    }

    private static string StartDifficulty(UpPool pool) => pool switch
    {
        { Network: "mainnet" } => pool.Algorithm == "scrypt" ? "65536" : "1024",
        { Algorithm: "scrypt" } => "0.015625",
        _ => "0.00003",
    };

    private static string MinDifficulty(UpPool pool) => pool switch
    {
        { Network: "mainnet" } => pool.Algorithm == "scrypt" ? "64" : "0.001",
        { Algorithm: "scrypt" } => "0.0001",
        _ => "0.000001",
    };
}
