using System.CommandLine;
using Viddhana.Miner.Commands;

namespace Viddhana.Miner.Bench;

/// <summary>What the commands under <c>viddhana-miner bench</c> have in common: so many rounds, as a table or as JSON.</summary>
internal abstract class BenchSubcommand
{
    private readonly Option<int> _rounds = new("--rounds") { Description = "rounds for each row", DefaultValueFactory = _ => 61 };
    private readonly Option<bool> _json = new("--json") { Description = "JSON instead of a table" };

    /// <summary>Makes it part of <c>bench</c>.</summary>
    protected BenchSubcommand(Command bench, string name, string description)
    {
        var command = new Command(name, description);
        command.Options.Add(_rounds);
        command.Options.Add(_json);
        _rounds.Between(1, 10_000);
        command.SetAction(parsed =>
        {
            Measure(parsed.GetValue(_rounds), parsed.GetValue(_json));
            return 0;
        });
        bench.Subcommands.Add(command);
    }

    /// <summary>Measures and prints.</summary>
    protected abstract void Measure(int rounds, bool asJson);
}
