using System.CommandLine;
using System.Text;
using Viddhana.Core.Algorithms;
using Viddhana.Miner.Bench;

namespace Viddhana.Miner.Commands;

/// <summary><c>viddhana-miner bench</c>: times the kernels, or the way from a template to a job.</summary>
internal sealed class BenchCommand
{
    private readonly Option<string?> _algorithm = new("--algo") { Description = "one proof of work; all otherwise" };
    private readonly Option<int> _rounds = new("--rounds")
    {
        Description = "rounds for each kernel and batch",
        DefaultValueFactory = _ => 61,
    };

    private readonly Option<bool> _jobs = new("--jobs") { Description = "the steps from a template to work, in microseconds" };
    private readonly Option<bool> _json = new("--json") { Description = "JSON instead of a table" };

    /// <summary>Makes the command part of the root command.</summary>
    public BenchCommand(RootCommand root)
    {
        var command = new Command("bench", "time the hashing kernels: nanoseconds per hash by kernel and batch");
        _algorithm.AcceptOnlyFromAmong([.. PowAlgorithms.ByName.Keys.Order()]);
        foreach (var option in (Option[])[_algorithm, _rounds, _jobs, _json]) command.Options.Add(option);
        _rounds.Between(1, 10_000);
        command.SetAction(Bench);
        _ = new ShareBenchCommand(command);
        root.Subcommands.Add(command);
    }

    private int Bench(ParseResult parsed)
    {
        if (parsed.GetValue(_jobs)) return BenchJobs(parsed.GetValue(_rounds), parsed.GetValue(_json));

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

    private static int BenchJobs(int rounds, bool asJson)
    {
        var times = JobBench.Measure(rounds);
        using var output = Console.OpenStandardOutput();
        output.Write(asJson ? JobBench.Json(times) : Encoding.UTF8.GetBytes(JobBench.Table(times)));
        return 0;
    }
}
