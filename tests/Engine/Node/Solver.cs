using System.Text;
using Viddhana.Contracts;
using Viddhana.Core;
using Viddhana.Core.Algorithms;
using Viddhana.Core.Chains;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;
using Viddhana.Engine.Node;

namespace Viddhana.Tests.Engine.Node;

/// <summary>Turns a template into a solved block on the very path that a miner's share takes, but for the network.</summary>
internal sealed class Solver(string coinName)
{
    private readonly CoinDefinition _coin = CoinDefinitions.Get(coinName)!;
    private readonly JobStore _jobs = new();
    private readonly DuplicateFilter _seen = new();

    private IChain Chain => Chains.ByName[_coin.Chain];

    /// <summary>The job of a template.</summary>
    public Job MakeJob(string template)
    {
        var parsed = Chain.ReadTemplate(Encoding.UTF8.GetBytes(template), _coin, out var error);
        Assert.That(parsed, Is.Not.Null, error);
        var numbers = _jobs.Next(parsed!.PrevHash);
        var job = Chain.MakeJob(parsed, new JobRequest
        {
            Serial = numbers.Serial,
            Tip = numbers.Tip,
            IsNewTip = numbers.IsNewTip,
            PayoutScript = [0, 20, .. Enumerable.Repeat((byte)0x33, 20)],
            Tag = "/test/"u8.ToArray(),
            ProcessStart = 1,
            Extranonce2Size = 8,
            NowMs = Environment.TickCount64,
            Render = (_, _) => [],
        });
        _jobs.Publish(job, Environment.TickCount64);
        return job;
    }

    /// <summary>Tries nonces until one makes a block; regtest takes two or so.</summary>
    public BlockCandidate Solve(Job job)
    {
        var work = new Assignment(job.Variants.Get(job, 0), new ShareDifficulty(default, job.BlockTarget, 2), 0, 0);
        var processor = new ShareProcessor(PowAlgorithms.ByName[_coin.Algorithm], _seen);
        var round = new Round(16);
        for (var nonce = 0u; nonce < 100_000; round.Clear())
        {
            while (!round.IsFull) Fill(ref round.Add(), work, nonce++);
            processor.Process(round, new Now(Environment.TickCount64, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()));
            if (round.Blocks.Count > 0) return Candidate(job, round.Blocks[0]);
        }

        throw new InvalidOperationException("no block in a hundred thousand hashes: is this regtest?");
    }

    /// <summary>Template in, solved block out.</summary>
    public BlockCandidate Solve(string template) => Solve(MakeJob(template));

    private static void Fill(ref Pending pending, Assignment work, uint nonce)
    {
        pending.Work = work;
        pending.Extranonce1 = 7;
        pending.Share = new Submission
        {
            JobId = work.Work.WireId,
            Extranonce2 = 9,
            Extranonce2Size = 8,
            Ntime = work.Work.Job.CurTime,
            Nonce = nonce,
        };
    }

    private BlockCandidate Candidate(Job job, SolvedBlock solved) => new()
    {
        Found = new BlockFound
        {
            Hash = Chain.BlockId(solved.Header),
            Height = (uint)job.Height,
            PrevHash = FakeNode.Hash(0),   // not looked at by the submitter
            CoinbaseTxid = Chain.TransactionId(solved.Coinbase),
            Reward = job.CoinbaseValue,
            NetworkWork = job.NetworkWork,
            Worker = "test",
            ShareSequence = 1,
            ShareUtcMs = 1,
            ShareWork = 2,
        },
        BlockHex = Chain.MakeBlockHex(job, solved.Header, solved.Coinbase),
    };
}
