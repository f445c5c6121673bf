namespace Viddhana.Tests.EndToEnd.Harness;

/// <summary>The published programs, as an operator gets them.</summary>
internal static class Programs
{
    public static string Root { get; } = FindRoot();

    public static string Engine => Path.Combine(Root, "out", "viddhana-engine");

    public static string StaticEngine => Path.Combine(Root, "out", "static", "viddhana-engine");

    public static string Miner => Path.Combine(Root, "out", "viddhana-miner");

    public static string Simnode => Path.Combine(Root, "out", "viddhana-simnode");

    public static string Backoffice => Path.Combine(Root, "out", "backoffice", "viddhana-backoffice");

    private static string FindRoot()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
            if (File.Exists(Path.Combine(folder, "Viddhana.sln"))) return folder;

        throw new InvalidOperationException("Viddhana.sln is not above the test");
    }
}
