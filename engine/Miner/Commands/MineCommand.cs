using System.CommandLine;
using Viddhana.Core;
using Viddhana.Miner.Mine;
using Viddhana.Miner.Report;

namespace Viddhana.Miner.Commands;

/// <summary><c>viddhana-miner --url … --user …</c>: mines.</summary>
internal sealed class MineCommand
{
    private const int ReconnectMaxMs = 30_000;
    private const int WorkersMax = 10_000;

    private readonly CommonOptions _common;
    private readonly Option<string?> _user = new("--user") { Description = "user name; {n} becomes the worker's number" };
    private readonly Option<int> _workers = new("--workers")
    {
        Description = "workers, each with a connection: USER.w1 …",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<string> _hashrate = new("--hashrate")
    {
        Description = "hash rate of each worker: 500kH, 5MH, 1GH, max",
        DefaultValueFactory = _ => "max",
    };

    private readonly Option<string[]> _named = new("--worker") { Description = "NAME=RATE, repeatable: workers of different rates" };
    private readonly Option<int> _threads = new("--threads")
    {
        Description = "hashing threads",
        DefaultValueFactory = _ => Environment.ProcessorCount,
    };

    private readonly Option<long?> _shares = new("--shares") { Description = "stop after this many accepted shares" };
    private readonly Option<long?> _blocks = new("--blocks") { Description = "stop after this many blocks" };
    private readonly Option<double?> _seconds = new("--seconds")
    {
        Description = "stop after this time; exit code 1 if --shares or --blocks was not reached",
    };

    /// <summary>Makes the command's flags part of the root command.</summary>
    public MineCommand(RootCommand root)
    {
        _common = new CommonOptions(root);
        Option[] all = [_user, _workers, _hashrate, _named, _threads, _shares, _blocks, _seconds];
        foreach (var option in all) root.Options.Add(option);
        _hashrate.Validators.Add(result =>
        {
            if (!HashRate.TryParse(result.GetValueOrDefault<string>(), out _))
                result.AddError("--hashrate: allowed are 800, 500kH, 5MH, 1.5GH, max");
        });
        _workers.Between(1, WorkersMax);
        _threads.Between(1, 1_024);
        root.Validators.Add(result =>
        {
            var hasUser = result.GetValue(_user) is not null;
            var named = result.GetValue(_named) ?? [];
            if (hasUser == named.Length > 0) result.AddError("give either --user, or one or more --worker NAME=RATE");
            foreach (var text in named)
            {
                if (!TryReadWorker(text, out _)) result.AddError($"--worker {text}: it is NAME=RATE, as in addr.rig1=5MH");
            }
        });
        root.SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken stop)
    {
        if (!_common.TryOpenTranscript(parsed, out var transcript)) return 2;

        using (transcript)
        {
            await using var output = Console.OpenStandardOutput();
            var log = new EventLog(output, _common.IsJson(parsed), !Console.IsOutputRedirected);
            var run = new Run(_common.Read(parsed, ReconnectMaxMs), log, transcript);
            return await new MineRun(run, _common.Algorithm(parsed), Read(parsed)).RunAsync(stop);
        }
    }

    private MineOptions Read(ParseResult parsed)
    {
        Check.That(HashRate.TryParse(parsed.GetValue(_hashrate), out var rate));
        var workers = new List<WorkerSpec>();
        if (parsed.GetValue(_user) is { } user)
        {
            var count = parsed.GetValue(_workers);
            for (var n = 1; n <= count; n++) workers.Add(new WorkerSpec(UserNames.For(user, n, count), rate));
        }

        foreach (var text in parsed.GetValue(_named) ?? [])
        {
            if (TryReadWorker(text, out var worker)) workers.Add(worker!);
        }

        return new MineOptions
        {
            Workers = workers,
            Threads = parsed.GetValue(_threads),
            SharesMax = parsed.GetValue(_shares),
            BlocksMax = parsed.GetValue(_blocks),
            SecondsMax = parsed.GetValue(_seconds),
        };
    }

    private static bool TryReadWorker(string text, out WorkerSpec? worker)
    {
        worker = null;
        var at = text.LastIndexOf('=');
        if (at <= 0 || !HashRate.TryParse(text[(at + 1)..], out var rate)) return false;

        worker = new WorkerSpec(text[..at], rate);
        return true;
    }
}
