using System.Reflection;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Pools.Sharing;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Engines;

/// <summary>
/// How it is configured: what miners need to connect (<c>/api/v1/settings</c>), and for operators every key and where it comes from
/// (<c>/api/v1/admin/settings</c>).
/// </summary>
internal static class SettingsApi
{
    private const int SharedSeconds = 5;
    private const int WorkerNameMax = 191;

    private static readonly string Version =
        typeof(SettingsApi).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    public static void MapPublicSettings(this IEndpointRouteBuilder routes) => routes
        .MapGet("/api/v1/settings", (ViddhanaConfig config, PoolBook pools, EngineBoard board) => Results.Ok(Public(config, pools, board)))
        .Produces<SettingsAnswer>()
        .Shared(SharedSeconds)
        .WithTags("Settings")
        .WithSummary("What a miner needs to connect: hosts, ports, TLS and its fingerprints, user names");

    public static void MapSettings(this IEndpointRouteBuilder admin) => admin
        .MapGet("/settings", (ViddhanaConfig config) => Results.Ok(new Page<ConfigSetting>(config.Settings(), null)))
        .Produces<Page<ConfigSetting>>()
        .WithSummary("Every key of the configuration as it is in force here and where it comes from; of secrets only that there is one");

    private static SettingsAnswer Public(ViddhanaConfig config, PoolBook pools, EngineBoard board)
    {
        var alive = board.Engines.Where(view => view.Life == EngineLife.Ok).Select(view => view.Status).ToList();
        var stratum = new List<StratumAnswer>();
        foreach (var pool in pools.All)
        {
            foreach (var port in PortsOf(pool.Config))
            {
                var answer = Describe(config.Common.PublicHost, pool, port, alive);
                if (answer is not null && !stratum.Any(other => IsSamePlace(other, answer))) stratum.Add(answer);
            }
        }

        return new SettingsAnswer(
            config.Common.PublicHost,
            stratum,
            new UserNameAnswer(["address", "address.worker", "name", "name.worker"], WorkerNameMax),
            alive.Count,
            Version);
    }

    private static List<PortConfig> PortsOf(PoolConfig pool) => pool.Ports.Count > 0 ? pool.Ports : [new PortConfig { Port = 3333 }];

    private static bool IsSamePlace(StratumAnswer one, StratumAnswer other) =>
        (one.Pool, one.Host, one.Port) == (other.Pool, other.Host, other.Port);

    /// <summary>Null for a port that is not shown.</summary>
    private static StratumAnswer? Describe(string? publicHost, KnownPool pool, PortConfig port, List<EngineStatus> engines)
    {
        if (port.Public == "none" || (port.Public is null && port.ProxyFrom.Count > 0)) return null;

        var (host, number) = (publicHost, port.Port);
        if (port.Public is { } place)
        {
            var colon = place.LastIndexOf(':');
            (host, number) = (place[..colon].Trim('[', ']'), int.Parse(place.AsSpan(colon + 1), null));
        }
        else if (number == 0)
        {
            number = RealPort(pool.Name, port, engines);   // the system chose it: the engine knows
            if (number == 0) return null;
        }

        var difficulty = port.Difficulty ?? pool.Config.Difficulty;
        List<CertificateStatus> certificates = [.. from engine in engines where engine.Tls is not null select engine.Tls];
        if (port.Tls == PortTls.Off) certificates.Clear();
        return new StratumAnswer(
            pool.Name,
            pool.Config.Coin,
            pool.Coin.Symbol,
            pool.Config.Network,
            pool.Coin.Algorithm,
            host,
            number,
            WordOf(port.Tls),
            new DifficultyAnswer(difficulty.Start, difficulty.Min, difficulty.Max, difficulty.Vardiff),
            [.. certificates.Select(certificate => certificate.Sha256).Distinct(StringComparer.Ordinal)],
            certificates.Count == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(certificates.Min(one => one.NotAfter)));
    }

    private static int RealPort(string pool, PortConfig port, List<EngineStatus> engines) => engines
        .SelectMany(engine => engine.Listeners)
        .Where(listener => listener.Pool == pool && listener.Tls == WordOf(port.Tls) && listener.HasBalancers == port.ProxyFrom.Count > 0)
        .Select(listener => listener.Port)
        .FirstOrDefault();

    private static string WordOf(PortTls tls) => tls switch
    {
        PortTls.On => "on",
        PortTls.Auto => "auto",
        _ => "off",
    };
}

/// <summary>What a miner needs to connect.</summary>
/// <param name="PublicHost">Name of the Stratum servers; null: the one that the page was opened under.</param>
/// <param name="Stratum">Where they listen.</param>
/// <param name="UserName">What a user name may be.</param>
/// <param name="Engines">Engines that live.</param>
/// <param name="Version">Of the backoffice.</param>
public sealed record SettingsAnswer(
    string? PublicHost, IReadOnlyList<StratumAnswer> Stratum, UserNameAnswer UserName, int Engines, string Version);

/// <summary>A Stratum port as miners reach it.</summary>
/// <param name="Pool">Pool id.</param>
/// <param name="Coin">Its coin.</param>
/// <param name="Symbol">The coin's symbol.</param>
/// <param name="Network">Its network.</param>
/// <param name="Algorithm">Its proof of work.</param>
/// <param name="Host">Null: the host that the page was opened under.</param>
/// <param name="Port">TCP port.</param>
/// <param name="Tls">off, on, or auto: TLS and plain by the first byte.</param>
/// <param name="Difficulty">What connections start with and stay between.</param>
/// <param name="Fingerprints">SHA-256 of the certificates in use, 64 hex digits in lower case; several where engines differ.</param>
/// <param name="CertificateNotAfter">When the first of them ends.</param>
public sealed record StratumAnswer(
    string Pool,
    string Coin,
    string Symbol,
    string Network,
    string Algorithm,
    string? Host,
    int Port,
    string Tls,
    DifficultyAnswer Difficulty,
    IReadOnlyList<string> Fingerprints,
    DateTimeOffset? CertificateNotAfter);

/// <summary>Difficulty of a port, as exact decimals.</summary>
public sealed record DifficultyAnswer(string Start, string Min, string Max, bool Vardiff);

/// <summary>What a user name may be.</summary>
/// <param name="Forms">address, name (of an account made by a login), each alone or followed by a dot and the worker.</param>
/// <param name="BytesMax">Longest name with its worker.</param>
public sealed record UserNameAnswer(IReadOnlyList<string> Forms, int BytesMax);
