using BenchmarkDotNet.Attributes;
using Viddhana.Core.Algorithms;

namespace Viddhana.Bench;

/// <summary>Proof-of-work hashes by kernel and batch size.</summary>
[MemoryDiagnoser]
public class HashSuite
{
    private byte[] _headers = [];
    private byte[] _hashes = [];
    private IPowAlgorithm _algorithm = PowAlgorithms.ByName["sha256d"];

    [Params("sha256d", "scrypt")]
    public string Algorithm { get; set; } = "sha256d";

    [Params(1, 4, 16)]
    public int Batch { get; set; } = 1;

    [GlobalSetup]
    public void SetUp()
    {
        _algorithm = PowAlgorithms.ByName[Algorithm];
        _headers = new byte[80 * Batch];
        _hashes = new byte[32 * Batch];
        new Random(1).NextBytes(_headers);
    }

    [Benchmark]
    public byte Headers()
    {
        _algorithm.HashMany(_headers, 80, _hashes);
        return _hashes[0];
    }
}
