namespace Viddhana.Build;

/// <summary><c>check</c>: formatting, build with warnings as errors, tidy tests.</summary>
internal static class CheckVerb
{
    public static async Task<int> Run(string[] args)
    {
        Arguments.Parse(args);
        await Setup.ToPublish(asStatic: false);
        var isFormatted = await FormatIsRight();
        await Build();
        var (_, failed) = await TestVerb.RunProject("Tidy", null);
        return isFormatted && failed == 0 ? 0 : 1;
    }

    /// <summary>Builds all projects; any warning is an error.</summary>
    public static Task Build() =>
        Shell.Quiet("the build", "dotnet", "build", "Viddhana.sln", "-c", "Release", "--nologo", "-v", "quiet",
            "-clp:ErrorsOnly;NoSummary");

    /// <summary>True when white space is as .editorconfig says; prints what is not. Style rules are compiler errors already.</summary>
    public static async Task<bool> FormatIsRight()
    {
        var (code, output) = await Shell.Capture(
            "dotnet", "format", "whitespace", ".", "--folder", "--verify-no-changes", "--exclude", "out", "--verbosity", "quiet");
        if (code == 0) return true;
        Console.WriteLine(output);
        Console.WriteLine("The format is not as .editorconfig says: dotnet format whitespace . --folder");
        return false;
    }
}
