using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Viddhana.Core;
using Viddhana.Core.Shares;
using Viddhana.Miner.Load;
using Viddhana.Miner.Net;
using Viddhana.Miner.Report;

namespace Viddhana.Miner.Commands;

/// <summary>
/// <c>viddhana-miner load submit | idle | churn | broadcast</c>: the generator. It does not mine: the server is to be configured so that
/// every hash is good enough, and then costs what accepted shares cost.
/// </summary>
internal sealed class GeneratorCommands
{
    private readonly Option<string> _url = new("--url") { Description = "the pool: stratum+tcp://HOST:PORT", Required = true };
    private readonly Option<string> _user = new("--user")
    {
        Description = "user name; {n} becomes the connection's number",
        Required = true,
    };

    private readonly Option<string> _password = Of("--password", "password for mining.authorize", "x");
    private readonly Option<string?> _difficulty = new("--difficulty") { Description = "difficulty to suggest to the pool" };
    private readonly Option<bool> _versionRolling = new("--version-rolling") { Description = "ask for version rolling (BIP 310) and roll" };
    private readonly Option<int> _connections = Of("--connections", "connections", 1_000);
    private readonly Option<int> _threads = Of("--threads", "threads of the generator", 1);
    private readonly Option<int> _sources = Of("--sources", "source addresses 127.0.1.1 …, taken in turn; 0: the system's choice", 0);
    private readonly Option<double> _connectRate = Of("--connect-rate", "new connections per second; 0: no limit", 0.0);
    private readonly Option<int> _opening = Of("--opening", "most connections being opened at one time", 128);
    private readonly Option<double> _setupMax = Of("--setup-seconds", "longest time for opening them", 120.0);
    private readonly Option<double> _settle = Of("--settle", "quiet seconds before memory is read", 1.0);
    private readonly Option<string?> _serverPids = new("--server-pid")
    {
        Description = "process ids of the server, with commas: CPU and memory of them and their children are reported",
    };

    private readonly Option<string> _label = Of("--label", "copied into the result", "");
    private readonly Option<int> _depth = Of("--depth", "shares of a connection under way", 1);
    private readonly Option<double> _rate = Of(
        "--rate", "shares per second in all, due at fixed moments and timed from them; 0: as fast as answers come", 0.0);

    private readonly Option<double> _warmup = Of("--warmup", "seconds of load before it counts", 2.0);
    private readonly Option<double> _seconds = Of("--seconds", "measured seconds", 10.0);
    private readonly Option<int> _rounds = Of("--rounds", "new blocks", 5);
    private readonly Option<double> _interval = Of("--interval", "seconds for each", 3.0);
    private readonly Option<string?> _triggerUrl = new("--trigger-url") { Description = "a request to it makes a new block" };
    private readonly Option<string> _triggerMethod = Of("--trigger-method", "GET or POST", "POST");
    private readonly Option<string?> _triggerCommand = new("--trigger-command") { Description = "a shell command that makes a new block" };

    /// <summary>Makes the commands part of <c>load</c>.</summary>
    public GeneratorCommands(Command load)
    {
        _connections.Between(1, 1_000_000);
        _threads.Between(1, 256);
        _sources.Between(0, 60_000);
        _depth.Between(1, 10_000);
        _rate.Between(0, 100_000_000);
        _seconds.Between(0.001, 1_000_000);
        _rounds.Between(1, 100_000);
        _url.Validators.Add(result =>
        {
            if (!PoolUrl.TryParse(result.GetValueOrDefault<string>(), out var url) || url!.IsTls)
                result.AddError("--url: allowed is stratum+tcp://HOST:PORT");
        });
        _serverPids.Validators.Add(result =>
        {
            if (!TryPids(result.GetValueOrDefault<string?>(), out _)) result.AddError("--server-pid: numbers with commas between them");
        });
        _difficulty.Validators.Add(result =>
        {
            if (!Difficulty.TryParse(result.GetValueOrDefault<string?>(), out _)) result.AddError("--difficulty: a decimal number");
        });
        _triggerMethod.AcceptOnlyFromAmong("GET", "POST");
        Add(load, LoadMode.Submit, "shares over many connections, closed loop or at a fixed rate", [_depth, _rate, _warmup, _seconds]);
        Add(load, LoadMode.Idle, "hold connections that do nothing", [_seconds]);
        Add(load, LoadMode.Churn, "connect, subscribe, authorize, close, and again", [_warmup, _seconds]);
        Add(
            load, LoadMode.Broadcast, "the time from a new block to the first and the last connection that has the job",
            [_rounds, _interval, _triggerUrl, _triggerMethod, _triggerCommand]);
    }

    private void Add(Command load, LoadMode mode, string does, Option[] own)
    {
        var command = new Command(mode.ToString().ToLowerInvariant(), does);
        Option[] common =
        [
            _url, _user, _password, _difficulty, _versionRolling, _connections, _threads, _sources, _connectRate, _opening, _setupMax,
            _settle, _serverPids, _label,
        ];
        foreach (var option in common.Concat(own)) command.Options.Add(option);
        command.SetAction((parsed, stop) => RunAsync(mode, parsed, stop));
        load.Subcommands.Add(command);
    }

    private async Task<int> RunAsync(LoadMode mode, ParseResult parsed, CancellationToken stop)
    {
        Check.That(PoolUrl.TryParse(parsed.GetValue(_url), out var url));
        var addresses = await Dns.GetHostAddressesAsync(url!.Host, AddressFamily.InterNetwork, stop);
        if (addresses.Length == 0)
        {
            await Console.Error.WriteLineAsync($"--url: {url.Host} has no IPv4 address");
            return 2;
        }

        var plan = Plan(mode, parsed, new IPEndPoint(addresses[0], url.Port));
        var result = await new LoadGenerator(plan, Console.Error).RunAsync(stop);
        await using var output = Console.OpenStandardOutput();
        new EventLog(output, isJson: true, isTerminal: false).Record("load", null, null, Run.UtcMs, json => LoadReport.Write(json, result));
        return HasResult(result) ? 0 : 1;
    }

    private LoadPlan Plan(LoadMode mode, ParseResult parsed, IPEndPoint target)
    {
        Check.That(TryPids(parsed.GetValue(_serverPids), out var pids));
        var trigger = parsed.GetValue(_triggerUrl) is { } url ? new Trigger(parsed.GetValue(_triggerMethod), url)
            : parsed.GetValue(_triggerCommand) is { } command ? new Trigger(null, command) : null;
        return new LoadPlan
        {
            Mode = mode,
            Target = target,
            Connections = parsed.GetValue(_connections),
            User = parsed.GetValue(_user)!,
            Password = parsed.GetValue(_password)!,
            Depth = Math.Max(1, parsed.GetValue(_depth)),
            Rate = parsed.GetValue(_rate),
            WarmupSeconds = parsed.GetValue(_warmup),
            SettleSeconds = parsed.GetValue(_settle),
            Seconds = parsed.GetValue(_seconds),
            SetupMaxSeconds = parsed.GetValue(_setupMax),
            ConnectRate = parsed.GetValue(_connectRate),
            OpeningMax = parsed.GetValue(_opening),
            Sources = parsed.GetValue(_sources),
            Difficulty = Difficulty.TryParse(parsed.GetValue(_difficulty), out var difficulty) ? difficulty.Text : null,
            RollsVersion = parsed.GetValue(_versionRolling),
            Threads = Math.Min(parsed.GetValue(_threads), parsed.GetValue(_connections)),
            ServerPids = pids,
            Trigger = trigger,
            Rounds = parsed.GetValue(_rounds),
            IntervalSeconds = parsed.GetValue(_interval),
            Label = parsed.GetValue(_label)!,
        };
    }

    private static bool HasResult(LoadResult result) => result.Plan.Mode switch
    {
        LoadMode.Submit => result.Counts.Accepted > 0,
        LoadMode.Churn => result.Counts.Cycles > 0,
        LoadMode.Broadcast => result.Rounds.Count > 0,
        _ => result.Ready > 0,
    };

    private static bool TryPids(string? text, out int[] pids)
    {
        pids = [];
        if (text is null) return true;

        var words = text.Split(',');
        pids = [.. words.Select(w => int.TryParse(w, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0)];
        return Array.TrueForAll(pids, pid => pid > 0);
    }

    private static Option<T> Of<T>(string name, string does, T standard) =>
        new(name) { Description = does, DefaultValueFactory = _ => standard };
}
