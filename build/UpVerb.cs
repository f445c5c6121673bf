namespace Viddhana.Build;

internal static class UpVerb
{
    public static Task<int> Run(string[] args) => throw new BuildFailedException("not built");
}
