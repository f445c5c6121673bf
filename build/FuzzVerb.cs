namespace Viddhana.Build;

/// <summary><c>fuzz</c>: the tests of category Fuzz with more rounds than <c>test</c> gives them.</summary>
internal static class FuzzVerb
{
    public static async Task<int> Run(string[] args)
    {
        var options = Arguments.Parse(args, options: ["--rounds"]);
        var rounds = options["--rounds"] ?? "200000";
        if (!int.TryParse(rounds, out var count) || count < 1) throw new BuildFailedException("--rounds takes a whole number from 1", 2);

        await Setup.ToPublish(asStatic: false);
        await CheckVerb.Build();
        Environment.SetEnvironmentVariable("VIDDHANA_FUZZ_ROUNDS", rounds);
        int passed = 0, failed = 0;
        foreach (var project in (string[])["Engine", "Backoffice"])
        {
            var (good, bad) = await TestVerb.RunProject(project, "TestCategory=Fuzz");
            passed += good;
            failed += bad;
        }

        Console.WriteLine($"{passed} passed, {failed} failed");
        return failed == 0 && passed > 0 ? 0 : 1;
    }
}
