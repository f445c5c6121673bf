namespace Viddhana.Build;

/// <summary>Where things lie in the checkout.</summary>
internal static class Repository
{
    /// <summary>The folder of Viddhana.sln, found upwards from this program.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Where programs are published to.</summary>
    public static string Out => Path.Combine(Root, "out");

    private static string FindRoot()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
            if (File.Exists(Path.Combine(folder, "Viddhana.sln"))) return folder;

        throw new BuildFailedException("Viddhana.sln is not above this program");
    }
}
