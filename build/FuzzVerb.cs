namespace Viddhana.Build;

/// <summary><c>fuzz</c>: the tests of category Fuzz with many times the rounds that <c>test</c> gives them.</summary>
internal static class FuzzVerb
{
    public static async Task<int> Run(string[] args)
    {
        var options = Arguments.Parse(args, options: ["--times"]);
        var times = options["--times"] ?? "20";
        if (!int.TryParse(times, out var count) || count is < 1 or > 10_000)
            throw new BuildFailedException("--times takes a whole number from 1 to 10000", 2);

        await Setup.ToPublish(asStatic: false);
        await CheckVerb.Build();
        Environment.SetEnvironmentVariable("VIDDHANA_FUZZ_TIMES", times);
        var (passed, failed) = await TestVerb.RunProject("Engine", "TestCategory=Fuzz");
        Console.WriteLine($"{passed} passed, {failed} failed");
        return failed == 0 && passed > 0 ? 0 : 1;
    }
}
