using Viddhana.Contracts;

namespace Viddhana.Tests.Backoffice.Shares;

/// <summary>What an engine writes into its journal.</summary>
internal sealed class TestEngine(int id = 0, ulong epoch = 0xE0)
{
    private readonly List<byte[]> _entries = [];
    private int _inJournal;

    public int Id { get; } = id;

    public ulong Epoch { get; } = epoch;

    public ulong NextSequence { get; private set; } = 1;

    /// <summary>Everything so far, an element per entry.</summary>
    public IReadOnlyList<byte[]> Entries => _entries;

    /// <summary>Writes an entry of shares; the time of each is the header's.</summary>
    public byte[] Shares(string pool, long ms, params (string Name, ulong Work)[] shares) => Shares(pool, ms, shares, []);

    /// <summary>Writes an entry of shares, 1 ms apart, and reject counters.</summary>
    public byte[] Shares(
        string pool, long ms, (string Name, ulong Work)[] shares, (string Name, RejectReason Reason, uint Count)[] rejects, uint stepMs = 0)
    {
        string[] names = [.. shares.Select(share => share.Name).Concat(rejects.Select(reject => reject.Name)).Distinct()];
        var entry = new Entry
        {
            Header = Header(EntryKind.Shares, pool, ms, (uint)shares.Length + (rejects.Length > 0 ? 1u : 0)),
            Names = names,
            Shares =
            [
                .. shares.Select((share, i) => new ShareRecord((uint)i * stepMs, (uint)Array.IndexOf(names, share.Name), share.Work, 0)),
            ],
            Rejects = [.. rejects.Select(reject => new RejectCount((uint)Array.IndexOf(names, reject.Name), reject.Reason, reject.Count))],
        };
        return Keep(entry);
    }

    /// <summary>Writes an entry of one share each, that tells of its hash: expected hashes.</summary>
    public byte[] Hashes(string pool, long ms, params (string Name, double Achieved)[] shares) => Keep(new Entry
    {
        Header = Header(EntryKind.Shares, pool, ms, (uint)shares.Length),
        Names = [.. shares.Select(share => share.Name)],
        Shares = [.. shares.Select((share, i) => new ShareRecord(0, (uint)i, 1, 0))],
        Best = [.. shares.Select(share => share.Achieved)],
    });

    /// <summary>Writes a found block whose winning share is the last one written.</summary>
    public byte[] Found(string pool, long ms, string worker, string hash, uint height, long reward, UInt128 networkWork) => Keep(new Entry
    {
        Header = Header(EntryKind.BlockFound, pool, ms, 1),
        Found = new BlockFound
        {
            Hash = hash,
            Height = height,
            PrevHash = new string('0', 64),
            CoinbaseTxid = new string('1', 64),
            Reward = reward,
            NetworkWork = networkWork,
            Worker = worker,
            ShareSequence = NextSequence - 1,
            ShareUtcMs = ms,
            ShareWork = 1,
        },
    });

    /// <summary>Writes a node's verdict.</summary>
    public byte[] Verdict(string pool, long ms, string hash, bool accepted) => Keep(new Entry
    {
        Header = Header(EntryKind.BlockVerdict, pool, ms, 1),
        Verdict = new BlockVerdict(hash, accepted, accepted ? "" : "high-hash", "127.0.0.1:18443"),
    });

    /// <summary>
    /// Brings a journal directory up to date, with a new segment for every <paramref name="entriesPerSegment"/> new entries.
    /// </summary>
    public void WriteJournal(string directory, int entriesPerSegment = 3)
    {
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, JournalFiles.Identity), $"{Epoch:x16} {Id}\n");
        foreach (var segment in _entries.Skip(_inJournal).Chunk(entriesPerSegment))
        {
            EntryReader.TryReadHeader(segment[0], out var header, out _);
            File.WriteAllBytes(JournalFiles.SegmentPath(directory, header.FirstSequence), [.. segment.SelectMany(bytes => bytes)]);
        }

        _inJournal = _entries.Count;
    }

    private EntryHeader Header(EntryKind kind, string pool, long ms, uint count) =>
        new(kind, pool, (ushort)Id, Epoch, NextSequence, count, ms, 0x207fffff, 100);

    private byte[] Keep(Entry entry)
    {
        var bytes = EntryWriter.Write(entry);
        EntryReader.TryReadHeader(bytes, out var header, out _);
        NextSequence = header.LastSequence + 1;
        _entries.Add(bytes);
        return bytes;
    }
}
