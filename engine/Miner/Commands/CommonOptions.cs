using System.CommandLine;
using Viddhana.Core;
using Viddhana.Core.Algorithms;
using Viddhana.Core.Shares;
using Viddhana.Miner.Net;
using Viddhana.Miner.Report;

namespace Viddhana.Miner.Commands;

/// <summary>The flags that mining and load share.</summary>
internal sealed class CommonOptions
{
    private readonly Option<string> _url = new("--url")
    {
        Description = "the pool: stratum+tcp://HOST:PORT or stratum+ssl://HOST:PORT",
        Required = true,
    };

    private readonly Option<string> _password = new("--password")
    {
        Description = "password for mining.authorize",
        DefaultValueFactory = _ => "x",
    };

    private readonly Option<string> _algorithm = new("--algo") { Description = "proof of work", DefaultValueFactory = _ => "sha256d" };
    private readonly Option<string?> _difficulty = new("--difficulty") { Description = "difficulty to suggest to the pool" };
    private readonly Option<string?> _transcript = new("--transcript")
    {
        Description = "file to append a JSON line to for every answered share",
    };

    private readonly Option<bool> _json = new("--json") { Description = "one JSON line per event" };
    private readonly Option<bool> _tlsInsecure = new("--tls-insecure") { Description = "do not check the pool's certificate" };
    private readonly Option<bool> _noVersionRolling = new("--no-version-rolling")
    {
        Description = "do not ask for version rolling (BIP 310)",
    };

    private readonly Option<int?> _seed = new("--seed") { Description = "seed of all random choices" };

    /// <summary>Adds the flags and their checks to a command.</summary>
    public CommonOptions(Command command)
    {
        _algorithm.AcceptOnlyFromAmong([.. PowAlgorithms.ByName.Keys.Order()]);
        _url.Validators.Add(result =>
        {
            if (!PoolUrl.TryParse(result.GetValueOrDefault<string>(), out _))
                result.AddError("--url: allowed are stratum+tcp://HOST:PORT and stratum+ssl://HOST:PORT");
        });
        _difficulty.Validators.Add(result =>
        {
            if (!Difficulty.TryParse(result.GetValueOrDefault<string?>(), out _))
                result.AddError("--difficulty: a decimal number from 0.0000000001 to 2147483648");
        });
        Option[] all = [_url, _password, _algorithm, _difficulty, _transcript, _json, _tlsInsecure, _noVersionRolling, _seed];
        foreach (var option in all) command.Options.Add(option);
    }

    /// <summary>True for <c>--json</c>.</summary>
    public bool IsJson(ParseResult parsed) => parsed.GetValue(_json);

    /// <summary>The algorithm.</summary>
    public IPowAlgorithm Algorithm(ParseResult parsed) => PowAlgorithms.ByName[parsed.GetValue(_algorithm)!];

    /// <summary>What the flags say.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="reconnectMaxMs">Longest pause between connection attempts.</param>
    public RunOptions Read(ParseResult parsed, int reconnectMaxMs)
    {
        Check.That(PoolUrl.TryParse(parsed.GetValue(_url), out var url));
        return new RunOptions
        {
            Url = url!,
            Algorithm = Algorithm(parsed),
            Password = parsed.GetValue(_password)!,
            SuggestedDifficulty = Difficulty.TryParse(parsed.GetValue(_difficulty), out var difficulty) ? difficulty.Text : null,
            AcceptsAnyCertificate = parsed.GetValue(_tlsInsecure),
            RollsVersion = !parsed.GetValue(_noVersionRolling),
            ReconnectMaxMs = reconnectMaxMs,
            Seed = parsed.GetValue(_seed),
        };
    }

    /// <summary>Opens the transcript; null when none is asked for. False: it cannot be written, said on standard error.</summary>
    public bool TryOpenTranscript(ParseResult parsed, out Transcript? transcript)
    {
        transcript = null;
        if (parsed.GetValue(_transcript) is not { } path) return true;

        try
        {
            transcript = new Transcript(path);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            Console.Error.WriteLine($"--transcript {path}: {failure.Message}");
            return false;
        }
    }
}
