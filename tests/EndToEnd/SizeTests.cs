using Viddhana.Tests.Shared;

namespace Viddhana.Tests.EndToEnd;

/// <summary>The engine stays one small file: what is linked in by accident shows here first.</summary>
public sealed class SizeTests
{
    private const long DynamicMax = 12_000_000;
    private const long StaticMax = 16_000_000;

    [TestCase("viddhana-engine", DynamicMax)]
    [TestCase("static/viddhana-engine", StaticMax)]
    public void The_published_engine_is_small(string file, long bytesMax) =>
        Assert.That(new FileInfo(Path.Combine(SourceTree.Root, "out", file)), Has.Length.LessThan(bytesMax));
}
