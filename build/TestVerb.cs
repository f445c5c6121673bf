using System.Diagnostics;
using System.Xml.Linq;

namespace Viddhana.Build;

/// <summary><c>test</c>: set-up, formatting, build, every test; the last line is <c>N passed, N failed</c>.</summary>
internal static class TestVerb
{
    private static readonly string[] Projects = ["Tidy", "Engine", "Backoffice", "Web", "EndToEnd"];

    public static async Task<int> Run(string[] args)
    {
        var options = Arguments.Parse(args, options: ["--only", "--filter"]);
        var projects = Select(options["--only"]);
        Console.WriteLine("Setting up");
        await Setup.ToTest();
        var watch = Stopwatch.StartNew();
        int passed = 0, failed = 0;
        Console.WriteLine("Checking the format");
        if (await CheckVerb.FormatIsRight()) passed++;
        else failed++;

        Console.WriteLine("Building");
        await CheckVerb.Build();
        if (projects.Contains("EndToEnd"))
        {
            await PublishVerb.All(asStatic: false);
            await PublishVerb.StaticEngine(Path.Combine(Repository.Out, "static"));
        }

        foreach (var project in projects)
        {
            var (good, bad) = await RunProject(project, options["--filter"]);
            passed += good;
            failed += bad;
        }

        Console.WriteLine($"All tests took {watch.Elapsed.TotalMinutes:0.0} minutes");
        Console.WriteLine($"{passed} passed, {failed} failed");
        return failed == 0 && passed > 0 ? 0 : 1;
    }

    /// <summary>Runs one test project that is already built; a skipped test counts as failed.</summary>
    public static async Task<(int Passed, int Failed)> RunProject(string project, string? filter)
    {
        Console.WriteLine($"Testing {project}");
        var results = Path.Combine(Repository.Out, "test-results");
        Directory.CreateDirectory(results);
        var file = Path.Combine(results, $"{project}.trx");
        File.Delete(file);
        string[] filtered = filter is null ? [] : ["--filter", filter];
        var code = await Shell.Code(
            "dotnet",
            [
                "test", $"tests/{project}/Viddhana.Tests.{project}.csproj", "-c", "Release", "--no-build", "--nologo",
                    "--results-directory", results,
                "--logger", $"trx;LogFileName={project}.trx", "--logger", "console;verbosity=minimal", .. filtered,
            ]);
        return Count(project, file, code, filter is not null);
    }

    private static (int Passed, int Failed) Count(string project, string file, int code, bool isFiltered)
    {
        if (!File.Exists(file))
        {
            Console.WriteLine($"{project}: no result file; the test run ended with {code}");
            return isFiltered && code == 0 ? (0, 0) : (0, 1);
        }

        var counters = XDocument.Load(file).Descendants().First(e => e.Name.LocalName == "Counters");
        int Value(string name) => int.Parse(counters.Attribute(name)?.Value ?? "0", System.Globalization.CultureInfo.InvariantCulture);
        var passed = Value("passed");
        var failed = Value("total") - passed;
        var notRun = Value("total") - Value("executed");
        if (notRun > 0) Console.WriteLine($"{project}: {notRun} tests did not run; that counts as failed");
        if (failed == 0 && code != 0) failed = 1;
        return (passed, failed);
    }

    private static string[] Select(string? only)
    {
        if (only is null) return Projects;
        var chosen = only.Split(',');
        var unknown = chosen.Except(Projects).FirstOrDefault();
        if (unknown is not null) throw new BuildFailedException($"there is no test project '{unknown}': {string.Join(", ", Projects)}", 2);
        return chosen;
    }
}
