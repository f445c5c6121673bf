using System.Runtime.CompilerServices;
using Viddhana.Core;
using Viddhana.Core.Algorithms;
using Viddhana.Core.Bytes;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;

namespace Viddhana.Miner.Bench;

/// <summary>
/// A job as pools have it (12 merkle branches, coinbase of 250 bytes with the extranonces from byte 70 on), and shares of it that are all
/// new and all accepted. Each action handles a batch of shares and gives each a nonce that was not there before. A new tip comes after some
/// hundred thousand shares, as at a pool with some hundred shares a second.
/// </summary>
internal sealed class ShareBenchWork
{
    private const int Extranonce2Size = 8;
    private const int SharesPerTip = 200_000;

    private readonly JobVariant _work = MakeWork(tip: 0);
    private readonly ShareDifficulty _any = new(Difficulty.Min, UInt256.Max, 1);
    private readonly DuplicateFilter _seen = new(seed0: 1, seed1: 2);
    private JobVariant _tip = MakeWork(tip: 1);
    private int _sharesOfTip;
    private uint _nonce;

    /// <summary>The kernel alone.</summary>
    public unsafe Action Bare(Kernel kernel, int batch)
    {
        var shares = new KernelShare[batch];
        for (var i = 0; i < batch; i++) shares[i] = new KernelShare { Work = _work.Words.Pointer, Extranonce1 = 1, Extranonce2 = 2 };
        var hashes = new byte[batch * Sha256d.HashSize];
        return () =>
        {
            for (var i = 0; i < shares.Length; i++) shares[i].Nonce = ++_nonce;
            ShareKernels.Hash(kernel, shares, [], hashes);
        };
    }

    /// <summary>The engine's way to the hashes.</summary>
    public Action Engine(Kernel kernel, int batch)
    {
        var headers = new HeaderBatch(new Sha256d(kernel));
        var round = RoundOf(batch);
        return () =>
        {
            GiveNewNonces(round);
            for (var next = 0; next < batch;)
            {
                headers.Clear();
                for (; next < batch && !headers.IsFull; next++) headers.Add(round.Pending[next], next);
                headers.Hash();
            }
        };
    }

    /// <summary>All that the engine does to a share between parsing and journal.</summary>
    /// <returns>What to do before each round, outside of its time, and the action.</returns>
    public (Action Before, Action Action) Process(Kernel kernel, int batch)
    {
        var processor = new ShareProcessor(new Sha256d(kernel), _seen);
        var round = RoundOf(batch);
        return (Before, Decide);

        void Before()
        {
            if (_sharesOfTip > SharesPerTip)
            {
                _tip = MakeWork(_tip.Job.Tip + 1);
                _sharesOfTip = 0;
            }

            foreach (ref readonly var pending in round.Pending) Unsafe.AsRef(in pending).Work = Assign(_tip);
        }

        void Decide()
        {
            GiveNewNonces(round);
            processor.Process(round, default);
            _sharesOfTip += batch;
            Check.That(round.Verdicts[^1] == ShareResult.Accepted);
        }
    }

    private Round RoundOf(int count)
    {
        var round = new Round(count);
        var worker = new Worker("bench"u8.ToArray());
        for (var i = 0; i < count; i++)
        {
            ref var pending = ref round.Add();
            pending.Work = Assign(_work);
            pending.Worker = worker;
            pending.Session = worker;
            pending.Extranonce1 = 3;
            pending.Share.Extranonce2Size = Extranonce2Size;
        }

        return round;
    }

    // A round is read-only to all but the session that fills it; here the session is played.
    private void GiveNewNonces(Round round)
    {
        foreach (ref readonly var pending in round.Pending) Unsafe.AsRef(in pending).Share.Nonce = ++_nonce;
    }

    private Assignment Assign(JobVariant work) => new(work, _any, 0, 0);

    private static JobVariant MakeWork(uint tip)
    {
        var job = MakeJob(tip);
        return job.Variants.Get(job, 0);
    }

    private static Job MakeJob(uint tip) => new()
    {
        Serial = 1,
        Tip = tip,
        Height = 1,
        IsNewTip = true,
        Version = 0x20000000,
        VersionMask = 0,
        PrevHash = Bytes(32),
        Nbits = 0x1703_4219,
        BlockTarget = UInt256.Zero,
        NetworkWork = 1,
        MinTime = 0,
        CurTime = 0,
        MerkleBranches = Bytes(12 * 32),
        CoinbaseValue = 0,
        Extranonce2Size = Extranonce2Size,
        Template = "none",
        CreatedMs = 0,
        Variants = new JobVariants((job, number) => new JobVariant
        {
            Job = job,
            Variant = number,
            Coinbase1 = Bytes(70),
            Coinbase2 = Bytes(250 - 70 - 4 - Extranonce2Size),
            WireId = 1,
        }),
    };

    private static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }
}
