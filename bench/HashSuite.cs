using BenchmarkDotNet.Attributes;
using Viddhana.Core.Algorithms;

namespace Viddhana.Bench;

/// <summary>Proof-of-work hashes of 80-byte headers, by kernel and batch size.</summary>
[MemoryDiagnoser]
public class HashSuite
{
    private byte[] _headers = [];
    private byte[] _hashes = [];
    private IPowAlgorithm _algorithm = Sha256d.Instance;

    /// <summary>Algorithm and kernel: the one chosen here, and every one that this CPU runs.</summary>
    [ParamsSource(nameof(Kernels))]
    public string Kernel { get; set; } = "";

    /// <summary>Headers in one call.</summary>
    [Params(1, 4, 16)]
    public int Batch { get; set; } = 1;

    /// <summary>The names.</summary>
    public IEnumerable<string> Kernels => Forms().Select(form => form.Name);

    /// <summary>Makes the headers.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        _algorithm = Forms().Single(form => form.Name == Kernel).Pow;
        _headers = new byte[80 * Batch];
        _hashes = new byte[32 * Batch];
        new Random(1).NextBytes(_headers);
    }

    /// <summary>Hashes them; the time is that of the whole call.</summary>
    [Benchmark]
    public byte Headers()
    {
        _algorithm.HashMany(_headers, 80, _hashes);
        return _hashes[0];
    }

    private static IEnumerable<(string Name, IPowAlgorithm Pow)> Forms() =>
        from algorithm in PowAlgorithms.ByName.Keys.Order()
        from form in PowAlgorithms.Kernels(algorithm)
            .Select(pair => (Kernel: NativeKernels.Name(pair.Key), Pow: pair.Value))
            .Prepend((Kernel: "auto", Pow: PowAlgorithms.ByName[algorithm]))
        select ($"{algorithm}/{form.Kernel}", form.Pow);
}
