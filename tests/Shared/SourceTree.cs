namespace Viddhana.Tests.Shared;

/// <summary>The checkout that the tests were built from.</summary>
internal static class SourceTree
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
            if (File.Exists(Path.Combine(folder, "Viddhana.sln"))) return folder;

        throw new InvalidOperationException("Viddhana.sln is not above the tests");
    }
}
