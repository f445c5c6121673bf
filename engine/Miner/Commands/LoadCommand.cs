using System.CommandLine;
using Viddhana.Miner.Load;
using Viddhana.Miner.Report;

namespace Viddhana.Miner.Commands;

/// <summary><c>viddhana-miner load</c>: true shares at a given rate over many connections.</summary>
internal sealed class LoadCommand
{
    // An engine that was killed and started again is to be found again quickly.
    private const int ReconnectMaxMs = 1_000;

    private readonly Command _command = new(
        "load",
        "submit mined shares over many connections, or (with a mode) drive load without mining and measure; one JSON line at the end");
    private readonly CommonOptions _common;
    private readonly Option<string> _user = new("--user")
    {
        Description = "user name; {n} becomes the connection's number",
        Required = true,
    };

    private readonly Option<int> _connections = new("--connections") { Description = "connections", DefaultValueFactory = _ => 200 };
    private readonly Option<double> _rate = new("--rate")
    {
        Description = "shares per second in all; 0: as fast as the pool answers",
        DefaultValueFactory = _ => 2_000,
    };

    private readonly Option<int> _depth = new("--depth")
    {
        Description = "most unanswered shares of a connection",
        DefaultValueFactory = _ => 16,
    };

    private readonly Option<double> _seconds = new("--seconds") { Description = "how long", DefaultValueFactory = _ => 10 };

    /// <summary>Makes the command part of the root command.</summary>
    public LoadCommand(RootCommand root)
    {
        _common = new CommonOptions(_command);
        foreach (var option in (Option[])[_user, _connections, _rate, _depth, _seconds]) _command.Options.Add(option);
        _connections.Between(1, 60_000);
        _depth.Between(1, 10_000);
        _rate.Between(0, 10_000_000);
        _seconds.Between(0.001, 10_000_000);
        _command.SetAction(RunAsync);
        _ = new GeneratorCommands(_command);
        root.Subcommands.Add(_command);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken stop)
    {
        if (!_common.TryOpenTranscript(parsed, out var transcript)) return 2;

        using (transcript)
        {
            await using var output = Console.OpenStandardOutput();
            await using var errors = Console.OpenStandardError();
            var report = new EventLog(output, isJson: true, isTerminal: false);
            var log = _common.IsJson(parsed) ? report : new EventLog(errors, isJson: false, isTerminal: false);
            var run = new Run(_common.Read(parsed, ReconnectMaxMs), log, transcript);
            var options = new LoadOptions
            {
                Connections = parsed.GetValue(_connections),
                User = parsed.GetValue(_user)!,
                SharesPerSecond = parsed.GetValue(_rate),
                Depth = parsed.GetValue(_depth),
                Seconds = parsed.GetValue(_seconds),
            };
            return await new LoadRun(run, report, _common.Algorithm(parsed), options).RunAsync(stop);
        }
    }
}
