using System.CommandLine;
using System.Text;

namespace Viddhana.Miner.Bench;

/// <summary><c>viddhana-miner bench jobs</c>: times the steps from a node's template to miners' work.</summary>
internal sealed class JobBenchCommand(Command bench)
    : BenchSubcommand(bench, "jobs", "time the way from a template to a job: microseconds by step and size")
{
    protected override void Measure(int rounds, bool asJson)
    {
        var times = JobBench.Measure(rounds);
        using var output = Console.OpenStandardOutput();
        output.Write(asJson ? JobBench.Json(times) : Encoding.UTF8.GetBytes(JobBench.Table(times)));
    }
}
