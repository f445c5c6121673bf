using System.Text;
using Viddhana.Contracts;
using Viddhana.Contracts.Redis;

namespace Viddhana.Bench.Ledger;

/// <summary>What is to be stored, made before anything is measured: the same for the same seed.</summary>
/// <param name="workers">Workers, each of an account of its own.</param>
/// <param name="sharesPerSecond">Shares in a second of share time.</param>
internal sealed class LedgerLoad(int workers, int sharesPerSecond)
{
    /// <summary>The pool's id.</summary>
    public const string Pool = "main";

    /// <summary>When the first share was found, Unix milliseconds.</summary>
    public const long StartMs = 1_790_000_000_000;

    private const int SharesMin = 64;
    private const int SharesMax = 256;
    private const int SegmentBytes = 64 << 20;
    /// <summary>Epoch of the journal.</summary>
    public const ulong JournalEpoch = 0x11ED6E5;

    private const ulong Difficulty1 = 4_295_032_833;

    private readonly Random _random = new(20_260);
    private readonly EntryWriter _writer = new();
    private readonly byte[][] _names = [.. Enumerable.Range(0, workers).Select(NameOf)];
    private readonly int[] _lastEntry = new int[workers];
    private readonly uint[] _index = new uint[workers];

    /// <summary>Shares so far.</summary>
    public long Shares { get; private set; }

    /// <summary>Entries so far.</summary>
    public int Entries { get; private set; }

    /// <summary>Bytes so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>By worker: shares and their work.</summary>
    public (long Shares, UInt128 Work)[] Expected { get; } = new (long, UInt128)[workers];

    /// <summary>By worker: the best of its shares, in expected hashes.</summary>
    public double[] Best { get; } = new double[workers];

    /// <summary>The last share's time.</summary>
    public long LastMs { get; private set; } = StartMs;

    /// <summary>Name of the account of a worker.</summary>
    public static string AccountOf(int worker) => $"bcrt1q{worker:d6}{new string('x', 32)}";

    /// <summary>Writes a journal directory with at least this many shares.</summary>
    public void WriteJournal(string directory, long shares)
    {
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, JournalFiles.Identity), $"{JournalEpoch:x16} 0\n");
        while (Shares < shares)
        {
            using var segment = File.Create(JournalFiles.SegmentPath(directory, (ulong)Shares + 1));
            while (Shares < shares && segment.Length < SegmentBytes) segment.Write(Next().Span);
        }
    }

    /// <summary>Fills the stream with at least this many shares, in messages as the engine packs them.</summary>
    public async Task FillStreamAsync(RedisClient redis, string stream, long shares)
    {
        var message = new MemoryStream();
        var sending = new Queue<Task<RespValue>>();
        while (Shares < shares)
        {
            var entry = Next();
            if (message.Length + entry.Length > Streams.MessageMax) await SendAsync();
            message.Write(entry.Span);
        }

        await SendAsync();
        foreach (var reply in sending) (await reply).OrThrow();

        async Task SendAsync()
        {
            sending.Enqueue(redis.XAddAsync(stream, Streams.BatchField, message.ToArray()));
            message.SetLength(0);
            if (sending.Count > 64) (await sending.Dequeue()).OrThrow();
        }
    }

    private static byte[] NameOf(int worker) => Encoding.UTF8.GetBytes($"{AccountOf(worker)}.rig{worker % 10}");

    /// <summary>An entry of random workers, each of whom is at one of two difficulties; the time goes on as the shares do.</summary>
    private ReadOnlyMemory<byte> Next()
    {
        Entries++;
        var startMs = MsOf(Shares);
        var header = new EntryHeader(EntryKind.Shares, Pool, 0, JournalEpoch, (ulong)Shares + 1, 0, startMs, 0x1d00ffff, 900_000);
        _writer.Clear();
        _writer.BeginShares(header);
        for (var left = _random.Next(SharesMin, SharesMax + 1); left > 0; left--)
        {
            var worker = _random.Next(workers);
            if (!_writer.HasRoom(_names[worker].Length)) break;
            if (_lastEntry[worker] != Entries) (_lastEntry[worker], _index[worker]) = (Entries, _writer.AddName(_names[worker]));
            var work = Difficulty1 * (ulong)(1_024 + worker) * (_random.Next(2) == 0 ? 1ul : 2ul);
            LastMs = MsOf(Shares++);
            // As hashes are: one share in n is n times as good as it had to be.
            var achieved = Math.Min(work / (1 - _random.NextDouble()), ShareRecord.BestMax);
            _writer.AddShare(new ShareRecord((uint)(LastMs - startMs), _index[worker], work, 0), achieved);
            Best[worker] = Math.Max(Best[worker], achieved);
            ref var expected = ref Expected[worker];
            expected = (expected.Shares + 1, expected.Work + work);
        }

        _writer.EndShares();
        Bytes += _writer.Written.Length;
        return _writer.Written;
    }

    private long MsOf(long share) => StartMs + (share * 1_000 / sharesPerSecond);
}
