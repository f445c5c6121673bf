using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Viddhana.Build;

/// <summary><c>publish</c>: the programs in <c>out/</c>.</summary>
internal static class PublishVerb
{
    /// <summary>AOT programs: project and name of the file.</summary>
    private static readonly (string Project, string Name)[] Native =
    [
        ("engine/Host/Viddhana.Engine.csproj", "viddhana-engine"),
        ("engine/Miner/Viddhana.Miner.csproj", "viddhana-miner"),
        ("engine/Simnode/Viddhana.Simnode.csproj", "viddhana-simnode"),
    ];

    public static async Task<int> Run(string[] args)
    {
        var options = Arguments.Parse(args, flags: ["--dynamic"]);
        var asStatic = !options.Has("--dynamic");
        await Setup.ToPublish(asStatic);
        await All(asStatic);
        return 0;
    }

    /// <summary>Publishes every program into <c>out/</c>; miner and simnode are always dynamic.</summary>
    public static async Task All(bool asStatic)
    {
        foreach (var (project, name) in Native)
            await PublishNative(project, name, asStatic && name == "viddhana-engine", Repository.Out);

        await Step("viddhana-backoffice (self-contained folder)", () => Shell.Quiet(
            "publishing the backoffice", "dotnet", "publish", "backoffice/Viddhana.Backoffice.csproj", "-c", "Release", "-r", Rid,
            "--self-contained", "true", "-o", Path.Combine(Repository.Out, "backoffice"), "--nologo", "-v", "quiet",
            "--artifacts-path", Path.Combine(Repository.Out, "obj", "backoffice")));
    }

    /// <summary>The static engine alone, into a folder of its own.</summary>
    public static Task StaticEngine(string folder) => PublishNative(Native[0].Project, Native[0].Name, true, folder);

    private static async Task PublishNative(string project, string name, bool asStatic, string folder)
    {
        // Static and dynamic have an obj folder each: MSBuild does not relink when only these properties change.
        var kind = asStatic ? "static" : "dynamic";
        await Step($"{name} (Native AOT, {kind})", () => Shell.Quiet(
            $"publishing {name}", "dotnet", "publish", project, "-c", "Release", "-r", Rid, "-o",
            Path.Combine(Repository.Out, "obj", kind, "publish", name), "--nologo", "-v", "quiet",
                $"-p:EngineStatic={(asStatic ? "true" : "false")}",
            "--artifacts-path", Path.Combine(Repository.Out, "obj", kind)));
        Directory.CreateDirectory(folder);
        var target = Path.Combine(folder, name);
        File.Delete(target);
        File.Copy(Path.Combine(Repository.Out, "obj", kind, "publish", name, name), target);
        Console.WriteLine($"    {Path.GetRelativePath(Repository.Root, target)}  {new FileInfo(target).Length / 1e6:0.0} MB");
    }

    private static string Rid => RuntimeInformation.RuntimeIdentifier switch
    {
        var rid when rid.EndsWith("arm64", StringComparison.Ordinal) => "linux-arm64",
        _ when OperatingSystem.IsWindows() => "win-x64",
        _ => "linux-x64",
    };

    private static async Task Step(string what, Func<Task> work)
    {
        Console.Write($"  building {what} … ");
        var watch = Stopwatch.StartNew();
        await work();
        Console.WriteLine($"{watch.Elapsed.TotalSeconds:0} s");
    }
}
