using System.CommandLine;
using System.Text;
using Viddhana.Miner.Commands;

namespace Viddhana.Miner.Bench;

/// <summary><c>viddhana-miner bench jobs</c>: times the steps from a node's template to miners' work.</summary>
internal sealed class JobBenchCommand
{
    private readonly Option<int> _rounds = new("--rounds") { Description = "rounds for each step", DefaultValueFactory = _ => 61 };
    private readonly Option<bool> _json = new("--json") { Description = "JSON instead of a table" };

    /// <summary>Makes the command part of <c>bench</c>.</summary>
    public JobBenchCommand(Command bench)
    {
        var command = new Command("jobs", "time the way from a template to a job: microseconds by step and size");
        command.Options.Add(_rounds);
        command.Options.Add(_json);
        _rounds.Between(1, 10_000);
        command.SetAction(Measure);
        bench.Subcommands.Add(command);
    }

    private int Measure(ParseResult parsed)
    {
        var times = JobBench.Measure(parsed.GetValue(_rounds));
        using var output = Console.OpenStandardOutput();
        output.Write(parsed.GetValue(_json) ? JobBench.Json(times) : Encoding.UTF8.GetBytes(JobBench.Table(times)));
        return 0;
    }
}
