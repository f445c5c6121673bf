namespace Viddhana.Contracts.Config;

/// <summary>
/// The commented, complete example: <c>--example-config</c> prints it. It loads as it is; <c>#key:</c> lines are optional keys.
/// </summary>
public static class ConfigExample
{
    /// <summary>The text.</summary>
    public static string Text { get; } = Read();

    private static string Read()
    {
        using var stream = typeof(ConfigExample).Assembly.GetManifestResourceStream("viddhana.example.yaml")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
