namespace Viddhana.Build;

/// <summary>The verbs behind build.sh and build.ps1.</summary>
internal static class Program
{
    /// <summary>Verb, what it does, how it runs. Exit codes: 0 done, 1 failed, 2 wrong arguments.</summary>
    internal static readonly (string Name, string Does, Func<string[], Task<int>> Run)[] Verbs =
    [
        ("up", "set up what is missing, build, and run the whole pool (--coin NAME --node URL: on a real node)", UpVerb.Run),
        ("test", "set up what is missing and run every test (--only PROJECT, --filter EXPRESSION)", TestVerb.Run),
        ("check", "formatting, build with warnings as errors, tidy tests", CheckVerb.Run),
        ("bench", "run the benchmark suites (--short)", BenchVerb.Run),
        ("fuzz", "run the fuzz tests with many more rounds (--times N)", FuzzVerb.Run),
        ("publish", "build the programs into out/; engine as one static file (--dynamic: with the system's libraries)", PublishVerb.Run),
        ("screenshots", "pictures of the dashboard's pages at each size and theme, into out/screenshots", ScreenshotsVerb.Run),
    ];

    private static async Task<int> Main(string[] args)
    {
        Directory.SetCurrentDirectory(Repository.Root);
        var verb = Array.Find(Verbs, v => args.Length > 0 && v.Name == args[0]);
        if (verb.Name is null)
        {
            Usage(args.Length > 0 ? $"there is no verb '{args[0]}'" : "a verb is needed");
            return args is ["help" or "--help" or "-h"] ? 0 : 2;
        }

        try
        {
            return await verb.Run(args[1..]);
        }
        catch (BuildFailedException failure)
        {
            Console.Error.WriteLine($"build: {failure.Message}");
            return failure.ExitCode;
        }
    }

    private static void Usage(string problem)
    {
        Console.Error.WriteLine($"build: {problem}; the verbs are:");
        foreach (var (name, does, _) in Verbs) Console.Error.WriteLine($"  {name,-8} {does}");
    }
}

/// <summary>A step failed; the message tells which and what to do.</summary>
internal sealed class BuildFailedException(string message, int exitCode = 1) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
