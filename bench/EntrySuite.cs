using BenchmarkDotNet.Attributes;
using Viddhana.Contracts;

namespace Viddhana.Bench;

/// <summary>Writing and reading of journal entries of 64 shares from 8 workers.</summary>
[MemoryDiagnoser]
public class EntrySuite
{
    private const int Shares = 64;
    private byte[] _bytes = [];

    [GlobalSetup]
    public void SetUp() => _bytes = Write();

    [Benchmark(OperationsPerInvoke = Shares)]
    public int Encode() => Write().Length;

    [Benchmark(OperationsPerInvoke = Shares)]
    public int Decode()
    {
        EntryReader.TryRead(_bytes, out var entry, out _);
        return entry!.Shares.Length;
    }

    private static byte[] Write() => EntryWriter.Write(new Entry
    {
        Header = new EntryHeader(EntryKind.Shares, "main", 1, 2, 3, Shares, 1_700_000_000_000, 0x1d00ffff, 840_000),
        Names = [.. Enumerable.Range(0, 8).Select(i => $"bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080.rig{i}")],
        Shares = [.. Enumerable.Range(0, Shares).Select(i => new ShareRecord((uint)i, (uint)i % 8, 4_295_032_833, 0))],
    });
}
