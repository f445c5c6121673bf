using System.Globalization;

namespace Viddhana.Tests.Shared;

/// <summary>Tests of category <see cref="Category"/> throw noise at a parser; <c>./build.sh fuzz</c> runs them with many more
/// rounds.</summary>
internal static class Fuzz
{
    public const string Category = "Fuzz";

    /// <summary>How many times the ordinary number of rounds to run.</summary>
    private static readonly int Times =
        int.Parse(Environment.GetEnvironmentVariable("VIDDHANA_FUZZ_TIMES") ?? "1", NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>Rounds of a test that ordinarily takes <paramref name="ordinary"/>.</summary>
    public static int Rounds(int ordinary) => checked(ordinary * Times);
}
