using Viddhana.Contracts;

namespace Viddhana.Tests.Web;

/// <summary>What an engine would have written, as entries in the order of their sequences.</summary>
internal sealed class SeedEngine(string pool, uint nbits, int id, ulong epoch)
{
    private const int SharesPerEntryMax = 1_000;

    private readonly Random _chance = new(11);
    private ulong _next = 1;

    public List<byte[]> Entries { get; } = [];

    /// <summary>Writes shares, 1 ms apart, and what was refused.</summary>
    public void Shares(
        long ms, uint height, IReadOnlyList<(string Name, ulong Work)> shares,
        params (string Name, RejectReason Reason, uint Count)[] rejects)
    {
        foreach (var part in shares.Chunk(SharesPerEntryMax)) WriteShares(ms, height, part, []);
        if (rejects.Length > 0) WriteShares(ms, height, [], rejects);
    }

    /// <summary>Writes a found block whose winning share is the last one written.</summary>
    public void Found(long ms, uint height, string worker, string hash, long reward, UInt128 networkWork) => Keep(new Entry
    {
        Header = Header(EntryKind.BlockFound, ms, height, 1),
        Found = new BlockFound
        {
            Hash = hash,
            Height = height,
            PrevHash = new string('0', 64),
            CoinbaseTxid = SeedText.Hex($"{hash}-coinbase"),
            Reward = reward,
            NetworkWork = networkWork,
            Worker = worker,
            ShareSequence = _next - 1,
            ShareUtcMs = ms,
            ShareWork = 1,
        },
    });

    private void WriteShares(
        long ms, uint height, (string Name, ulong Work)[] shares, (string Name, RejectReason Reason, uint Count)[] rejects)
    {
        string[] names = [.. shares.Select(share => share.Name).Concat(rejects.Select(reject => reject.Name)).Distinct()];
        var index = names.Select((name, i) => (name, i)).ToDictionary(pair => pair.name, pair => (uint)pair.i);
        Keep(new Entry
        {
            Header = Header(EntryKind.Shares, ms, height, (uint)shares.Length + (rejects.Length > 0 ? 1u : 0)),
            Names = names,
            Shares = [.. shares.Select((share, i) => new ShareRecord((uint)i, index[share.Name], share.Work, 0))],
            Best = [.. names.Select(name => Best(name, shares))],
            Rejects = [.. rejects.Select(reject => new RejectCount(index[reject.Name], reject.Reason, reject.Count))],
        });
    }

    /// <summary>Of many hashes the best is better than what was asked for by chance: u, and one in u is so good.</summary>
    private double Best(string name, (string Name, ulong Work)[] shares)
    {
        var work = shares.Where(share => share.Name == name).Select(share => (double)share.Work).DefaultIfEmpty().Max();
        return work / (1 - (0.999 * _chance.NextDouble()));
    }

    private EntryHeader Header(EntryKind kind, long ms, uint height, uint count) =>
        new(kind, pool, (ushort)id, epoch, _next, count, ms, nbits, height);

    private void Keep(Entry entry)
    {
        var bytes = EntryWriter.Write(entry);
        EntryReader.TryReadHeader(bytes, out var header, out _);
        _next = header.LastSequence + 1;
        Entries.Add(bytes);
    }
}
