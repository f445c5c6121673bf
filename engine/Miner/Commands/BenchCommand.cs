using System.CommandLine;
using Viddhana.Core.Algorithms;
using Viddhana.Miner.Bench;

namespace Viddhana.Miner.Commands;

/// <summary><c>viddhana-miner bench</c>: times the kernels and the steps of a share's path.</summary>
internal sealed class BenchCommand
{
    private readonly Option<string?> _algorithm = new("--algo") { Description = "one proof of work; all otherwise" };
    private readonly Option<int> _rounds = new("--rounds")
    {
        Description = "rounds for each kernel and batch",
        DefaultValueFactory = _ => 61,
    };

    private readonly Option<string> _only = new("--only")
    {
        Description = "kernels, bodies (the steps of a share's path) or all",
        DefaultValueFactory = _ => "all",
    };

    private readonly Option<bool> _json = new("--json") { Description = "JSON instead of a table" };

    /// <summary>Makes the command part of the root command.</summary>
    public BenchCommand(RootCommand root)
    {
        var command = new Command("bench", "time the hashing kernels and the steps of a share's path, in nanoseconds");
        _algorithm.AcceptOnlyFromAmong([.. PowAlgorithms.ByName.Keys.Order()]);
        foreach (var option in (Option[])[_algorithm, _rounds, _only, _json]) command.Options.Add(option);
        _rounds.Between(1, 10_000);
        _only.AcceptOnlyFromAmong("all", "kernels", "bodies");
        command.SetAction(Bench);
        _ = new ShareBenchCommand(command);
        _ = new JobBenchCommand(command);
        root.Subcommands.Add(command);
    }

    private int Bench(ParseResult parsed)
    {
        var only = parsed.GetValue(_only);
        var rounds = parsed.GetValue(_rounds);
        var kernels = only == "bodies" ? [] : KernelBench.Measure(parsed.GetValue(_algorithm), rounds);
        var bodies = only == "kernels" ? [] : BodyBench.Measure(BenchBodies.Make(), rounds);
        if (!parsed.GetValue(_json))
        {
            Console.WriteLine($"{BenchJson.Runtime}; kernels here: {NativeKernels.Describe()}");
            if (kernels.Count > 0) Console.Write(KernelBench.Table(kernels));
            if (bodies.Count > 0) Console.Write(BodyBench.Table(bodies));
            return 0;
        }

        using var output = Console.OpenStandardOutput();
        output.Write(BenchJson.Write(kernels, bodies));
        return 0;
    }
}
