using Viddhana.Contracts;
using Viddhana.Core.Algorithms;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum;
using Viddhana.Core.Stratum.V1;

namespace Viddhana.Miner.Bench;

/// <summary>
/// Every body; share validation by kernel is <see cref="ShareBench"/>'s. A new one is a line here; its bytes per operation belong into
/// <c>bench/budgets.json</c>.
/// </summary>
internal static class BenchBodies
{
    private const int Entries = 64;
    private static readonly int[] Batches = [1, 4, 16, 64];

    /// <summary>Makes them; each has its own state.</summary>
    public static IReadOnlyList<BenchBody> Make()
    {
        var turns = new SessionTurns(Sha256d.Instance);
        var sets = new HashSets();
        var bodies = new List<BenchBody>
        {
            new("share/parse", "a submit line read as JSON, id and parameters found", SessionTurns.Shares, turns.ReadLines),
            new("share/session", "a submit line through the session into a round, and its answer", SessionTurns.Shares, turns.ReadRound),
            new("share/turn", "bytes in to answer out, all but socket and journal; rounds of 64", SessionTurns.Shares, turns.Turn),
            new("share/answer", "an answer rendered", Entries, new Answers().Render),
            new("share/compare", "a hash compared with its target", HashSets.Count, sets.Compare),
            new("duplicate/new", "a hash looked up and remembered", HashSets.Count, sets.SeeNew),
            new("duplicate/again", "a hash looked up that was there", HashSets.Count, sets.SeeAgain),
            new("vardiff/share", "a share counted and the difficulty looked at", Entries, new VardiffShares().Count),
            new("notify/render", "a mining.notify line of 12 branches", 1, new NotifyLines().Render),
            new("entry/write", "a share into a journal and stream entry; 64 shares of 8 workers", Entries, new EntryBytes().Write),
            new("entry/read", "a share out of one", Entries, new EntryBytes().Read),
        };
        foreach (var batch in Batches)
        {
            bodies.Add(new BenchBody(
                $"validate/auto/{batch}", "a share hashed and judged: ShareProcessor, 12 merkle steps, filter of duplicates", batch,
                new ShareRounds(Sha256d.Instance, batch).Validate));
        }

        return bodies;
    }

    private sealed class Answers
    {
        private readonly FrameBuffer _output = new(1 << 13);

        public int Render()
        {
            _output.Clear();
            for (var i = 0; i < Entries; i++) V1Writer.Verdict(_output, "4711"u8, ShareResult.Accepted);
            return _output.Count;
        }
    }

    private sealed class VardiffShares
    {
        private static readonly VardiffRules Rules = new(10_000, 60_000, 0.3, 120_000);
        private Vardiff _vardiff;
        private long _nowMs;

        public int Count()
        {
            var changes = 0;
            for (var i = 0; i < Entries; i++)
            {
                _nowMs += Rules.TargetMs;
                _vardiff.OnShare(1 << 20, _nowMs);
                if (_vardiff.Factor(Rules, 1 << 20, _nowMs) != 1) changes++;
            }

            return changes;
        }
    }

    private sealed class NotifyLines
    {
        private readonly BenchPool _pool = new();

        public int Render()
        {
            var work = _pool.Job.Variants.Get(_pool.Job, 0);
            return V1Writer.Notify(work, clean: true).Length;
        }
    }

    private sealed class EntryBytes
    {
        private static readonly byte[][] Names =
            [.. Enumerable.Range(0, 8).Select(i => System.Text.Encoding.ASCII.GetBytes($"{BenchPool.User}{i}"))];

        private static readonly EntryHeader Header = new(EntryKind.Shares, "main", 1, 2, 3, 0, 1_700_000_000_000, 0x17034219, 840_000);
        private readonly EntryWriter _writer = new();
        private readonly byte[] _bytes;

        public EntryBytes()
        {
            Write();
            _bytes = _writer.Written.ToArray();
        }

        public int Write()
        {
            _writer.Clear();
            _writer.BeginShares(Header);
            foreach (var name in Names) _writer.AddName(name);
            for (var i = 0; i < Entries; i++) _writer.AddShare(new ShareRecord((uint)i, (uint)i % 8, 4_295_032_833, 0), 5e9 + i);
            return (int)_writer.EndShares();
        }

        public int Read()
        {
            EntryReader.TryRead(_bytes, out var entry, out _);
            return entry!.Shares.Length;
        }
    }
}
