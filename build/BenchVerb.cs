namespace Viddhana.Build;

/// <summary><c>bench</c>: BenchmarkDotNet suites (JIT) and the AOT loops of the miner.</summary>
internal static class BenchVerb
{
    public static async Task<int> Run(string[] args)
    {
        var options = Arguments.Parse(args, flags: ["--short"]);
        await Setup.ToPublish(asStatic: false);
        await PublishVerb.All(asStatic: false);
        Console.WriteLine("Kernels, Native AOT:");
        await Shell.Run(Path.Combine(Repository.Out, "viddhana-miner"), "bench");
        Console.WriteLine("Suites, JIT:");
        string[] job = options.Has("--short") ? ["--job", "short"] : [];
        await Shell.Run("dotnet", ["run", "--project", "bench", "-c", "Release", "--", "--filter", "*", .. job]);
        return 0;
    }
}
