using System.Runtime.InteropServices;

namespace Viddhana.Build;

/// <summary><c>up</c>: the whole pool on this machine, on a simulated chain or on a real node.</summary>
internal static class UpVerb
{
    public static async Task<int> Run(string[] args)
    {
        var options = UpOptions.Parse(args);
        Console.WriteLine("Setting up");
        await Setup.ToRun();
        if (!options.SkipBuild)
        {
            Console.WriteLine("Building (the first time takes a few minutes)");
            await PublishVerb.All(asStatic: false);
        }

        using var stop = new CancellationTokenSource();
        using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var onHangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);   // the terminal was closed

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }

        await using var programs = new RunningPrograms(options.Data);
        try
        {
            Console.WriteLine("Starting");
            var pool = options.Node is null
                ? await UpChain.StartSimulated(programs, options, stop.Token)
                : await UpChain.UseNode(options, stop.Token);
            await StartPool(programs, options, pool, stop.Token);
            await UpScreen.Show(programs, options, pool, stop.Token);
            return 0;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
        finally
        {
            Console.WriteLine();
            Console.WriteLine("Stopping");
        }
    }

    private static async Task StartPool(RunningPrograms programs, UpOptions options, UpPool pool, CancellationToken stop)
    {
        var config = Path.Combine(options.Data, "up.yaml");
        await File.WriteAllTextAsync(config, UpConfig.Text(options, pool), stop);
        programs.Start(
            "backoffice", Path.Combine(Repository.Out, "backoffice", "viddhana-backoffice"), "--config", config, "--data", options.Data);
        await programs.Answers("backoffice", $"http://127.0.0.1:{options.WebPort}/health", stop);
        programs.Start("engine", Path.Combine(Repository.Out, "viddhana-engine"), "--config", config, "--data", options.Data);
        await programs.Answers("engine", $"http://127.0.0.1:{options.MetricsPort}/ready", stop);

        var number = 0;
        foreach (var (address, hashrate) in pool.Miners)
        {
            number++;
            programs.Start(
                $"miner{number}", Path.Combine(Repository.Out, "viddhana-miner"), "--url", $"stratum+tcp://127.0.0.1:{options.StratumPort}",
                "--user", $"{address}.rig{number}", "--password", "x", "--algo", pool.Algorithm, "--hashrate", hashrate, "--workers", "1");
        }
    }
}

/// <summary>What <c>up</c> was asked for.</summary>
internal sealed record UpOptions(
    string Data, string? Coin, string? Node, string? Address, int StratumPort, int WebPort, int MetricsPort, int SimnodePort,
    int BackgroundSeconds, bool SkipBuild)
{
    public static UpOptions Parse(string[] args)
    {
        var given = Arguments.Parse(
            args,
            flags: ["--skip-build"],
            options:
            [
                "--coin", "--node", "--address", "--data", "--stratum-port", "--web-port", "--metrics-port", "--simnode-port",
                    "--background-seconds",
            ]);
        if (given["--coin"] is { } coin && coin is not ("bitcoin" or "litecoin"))
            throw new BuildFailedException($"--coin {coin}: allowed are bitcoin, litecoin", 2);
        if (given.Has("--coin") != given.Has("--node"))
            throw new BuildFailedException("--coin and --node http://USER:PASSWORD@HOST:PORT go together", 2);
        if (given["--node"] is { } node && !(Uri.TryCreate(node, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"))
            throw new BuildFailedException("--node takes http://USER:PASSWORD@HOST:PORT", 2);

        var data = Path.GetFullPath(given["--data"] ?? (Environment.IsPrivilegedProcess ? "/var/lib/viddhana" : "data"));
        try
        {
            Directory.CreateDirectory(data);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new BuildFailedException($"cannot make the data directory {data}: {failure.Message} Another one: --data DIR", 2);
        }

        return new UpOptions(
            data, given["--coin"], given["--node"], given["--address"], Port(given, "--stratum-port", 3333),
                Port(given, "--web-port", 4444),
            Port(given, "--metrics-port", 9090), Port(given, "--simnode-port", 18453), Number(given, "--background-seconds", 20, 0, 86_400),
            given.Has("--skip-build"));
    }

    private static int Port(Arguments given, string option, int standard) => Number(given, option, standard, 1, 65_535);

    private static int Number(Arguments given, string option, int standard, int min, int max)
    {
        if (given[option] is not { } text) return standard;
        if (int.TryParse(text, out var value) && value >= min && value <= max) return value;
        throw new BuildFailedException($"{option} {text}: allowed is a whole number from {min} to {max}", 2);
    }
}

/// <summary>The pool that <c>up</c> runs.</summary>
/// <param name="Miners">Virtual miners: payout address and hash rate.</param>
internal sealed record UpPool(
    string Id, string Coin, string Network, string Algorithm, string Address, string NodeUrl, string? CookieFile, string? Wallet,
    (string Address, string Hashrate)[] Miners);
