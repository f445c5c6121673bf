using Viddhana.Tests.Shared;

namespace Viddhana.Tests.EndToEnd.Harness;

/// <summary>The published programs, as an operator gets them.</summary>
internal static class Programs
{
    private static string Root => SourceTree.Root;

    public static string Engine => Path.Combine(Root, "out", "viddhana-engine");

    public static string StaticEngine => Path.Combine(Root, "out", "static", "viddhana-engine");

    public static string Miner => Path.Combine(Root, "out", "viddhana-miner");

    public static string Simnode => Path.Combine(Root, "out", "viddhana-simnode");

    public static string Backoffice => Path.Combine(Root, "out", "backoffice", "viddhana-backoffice");

    /// <summary>The program behind build.sh.</summary>
    public static string Build => Path.Combine(Root, "build", "bin", "Release", "net10.0", "viddhana-build.dll");
}
