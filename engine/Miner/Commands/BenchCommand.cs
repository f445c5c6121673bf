using System.CommandLine;
using Viddhana.Core.Algorithms;
using Viddhana.Miner.Bench;

namespace Viddhana.Miner.Commands;

/// <summary><c>viddhana-miner bench</c>: times the kernels.</summary>
internal sealed class BenchCommand
{
    private readonly Option<string?> _algorithm = new("--algo") { Description = "one proof of work; all otherwise" };
    private readonly Option<int> _rounds = new("--rounds")
    {
        Description = "rounds for each kernel and batch",
        DefaultValueFactory = _ => 61,
    };

    private readonly Option<bool> _json = new("--json") { Description = "JSON instead of a table" };

    /// <summary>Makes the command part of the root command.</summary>
    public BenchCommand(RootCommand root)
    {
        var command = new Command("bench", "time the hashing kernels: nanoseconds per hash by kernel and batch");
        _algorithm.AcceptOnlyFromAmong([.. PowAlgorithms.ByName.Keys.Order()]);
        foreach (var option in (Option[])[_algorithm, _rounds, _json]) command.Options.Add(option);
        _rounds.Between(1, 10_000);
        command.SetAction(Bench);
        _ = new ShareBenchCommand(command);
        _ = new JobBenchCommand(command);
        root.Subcommands.Add(command);
    }

    private int Bench(ParseResult parsed)
    {
        var times = KernelBench.Measure(parsed.GetValue(_algorithm), parsed.GetValue(_rounds));
        if (!parsed.GetValue(_json))
        {
            Console.WriteLine($"kernels here: {NativeKernels.Describe()}");
            Console.Write(KernelBench.Table(times));
            return 0;
        }

        using var output = Console.OpenStandardOutput();
        output.Write(KernelBench.Json(times));
        return 0;
    }
}
