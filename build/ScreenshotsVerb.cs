namespace Viddhana.Build;

/// <summary><c>screenshots</c>: the browser tests that walk over the pages, with a picture of each into <c>out/screenshots</c>.</summary>
internal static class ScreenshotsVerb
{
    /// <summary>Tests/Web writes pictures where this names a folder.</summary>
    private const string Variable = "VIDDHANA_SCREENSHOTS";

    public static async Task<int> Run(string[] args)
    {
        Arguments.Parse(args);
        await Setup.ToTest();
        await Shell.Quiet("building the browser tests", "dotnet", "build", "tests/Web", "-c", "Release", "--nologo", "-v", "quiet");
        var folder = Path.Combine(Repository.Out, "screenshots");
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        Environment.SetEnvironmentVariable(Variable, folder);
        var (passed, failed) = await TestVerb.RunProject("Web", "TestCategory=Screenshots");
        Console.WriteLine($"{Directory.EnumerateFiles(folder).Count()} pictures in {Path.GetRelativePath(Repository.Root, folder)}");
        return failed == 0 && passed > 0 ? 0 : 1;
    }
}
