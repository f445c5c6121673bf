using System.CommandLine;

namespace Viddhana.Miner.Commands;

/// <summary>The program behind its command line.</summary>
internal static class MinerCommandLine
{
    private const int BadArguments = 2;
    private static readonly TimeSpan DrainMax = TimeSpan.FromSeconds(10);

    /// <summary>Runs what the arguments ask for; the result is the exit code: 0 done, 1 not done, 2 bad arguments.</summary>
    public static Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("Mines against a Stratum V1 pool with true hashes at a chosen rate; drives load; times the kernels.");
        _ = new MineCommand(root);
        _ = new LoadCommand(root);
        _ = new BenchCommand(root);

        var parsed = root.Parse(args);
        if (parsed.Errors.Count == 0) return parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = DrainMax });

        foreach (var error in parsed.Errors) Console.Error.WriteLine(error.Message);
        return Task.FromResult(BadArguments);
    }
}
