using System.Text.Json;
using Viddhana.Core.Algorithms;

namespace Viddhana.Tests.Engine.Algorithms;

[TestFixture]
public sealed class VectorTests
{
    private static IEnumerable<string> Names => PowAlgorithms.ByName.Keys.Order();

    [TestCaseSource(nameof(Names))]
    public void Every_algorithm_has_public_vectors_that_every_kernel_meets(string name)
    {
        var file = Path.Combine(AppContext.BaseDirectory, "Vectors", "pow", $"{name}.json");
        Assert.That(file, Does.Exist, $"{name} has no vectors: add tests/Engine/Vectors/pow/{name}.json");
        using var document = JsonDocument.Parse(File.ReadAllBytes(file));
        var root = document.RootElement;
        Assert.That(root.GetProperty("algorithm").GetString(), Is.EqualTo(name));
        Assert.That(root.GetProperty("source").GetString(), Is.Not.Empty, "vectors name their public source");
        var vectors = root.GetProperty("vectors").EnumerateArray().ToArray();
        Assert.That(vectors, Is.Not.Empty);

        foreach (var vector in vectors)
        {
            var header = Convert.FromHexString(vector.GetProperty("header").GetString()!);
            var expected = vector.GetProperty("hash").GetString();
            Meets(PowAlgorithms.ByName[name], "auto", header, expected, vector);
            foreach (var (kernel, algorithm) in PowAlgorithms.Kernels(name))
            {
                Meets(algorithm, NativeKernels.Name(kernel), header, expected, vector);
            }
        }
    }

    private static void Meets(IPowAlgorithm algorithm, string kernel, byte[] header, string? expected, JsonElement vector)
    {
        var hash = new byte[32];
        algorithm.Hash(header, hash);
        hash.AsSpan().Reverse();
        Assert.That(Convert.ToHexStringLower(hash), Is.EqualTo(expected), $"{vector.GetProperty("name")} by {kernel}");
    }
}
