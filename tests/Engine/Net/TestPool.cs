using System.Security.Cryptography;
using System.Text;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Core;
using Viddhana.Core.Access;
using Viddhana.Core.Algorithms;
using Viddhana.Core.Chains;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum;
using Viddhana.Engine.Metrics;
using Viddhana.Engine.Net;

namespace Viddhana.Tests.Engine.Net;

/// <summary>
/// A pool without node and journal: jobs are made up, records are counted. Sessions, chain and validation are the real ones.
/// </summary>
internal sealed class TestPool : IMiningPool
{
    public const string Address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";

    private readonly IChain _chain = Chains.ByName["bitcoin"];
    private readonly CoinDefinition _coin = CoinDefinitions.Get("bitcoin")!;
    private readonly JobStore _jobs = new();
    private readonly DuplicateFilter _seen = new();
    private readonly SessionPool _sessions;
    private uint _newest;

    public TestPool(LimitsConfig limits, MetricsRegistry metrics, bool isSlow = false, int numbers = 1 << 22)
    {
        IsSlow = isSlow;
        Numbers = new ExtranonceNumbers(5, numbers);
        Metrics = new PoolMetrics(metrics, Id);
        _sessions = new SessionPool(_coin, _coin.Networks["regtest"], 8, () => CurrentJob, limits) { Directory = () => Directory() };
    }

    public string Id => "test";

    public Func<StratumDirectory> Directory { get; init; } = static () => StratumDirectory.Empty;

    public bool IsSlow { get; }

    public Job? CurrentJob => _jobs.Current;

    public uint NewestSerial => Volatile.Read(ref _newest);

    public ExtranonceNumbers Numbers { get; }

    public PoolMetrics Metrics { get; }

    /// <summary>False: the journal refuses.</summary>
    public bool CanRecord { get; set; } = true;

    /// <summary>Rounds wait for it while they are validated.</summary>
    public ManualResetEventSlim Gate { get; } = new(initialState: true);

    public int Validating;
    public int Recorded;
    public int Rounds;
    public int Blocks;

    public MiningPort Port(string difficulty = "0.0000000001") => new(
        this,
        (extranonce1, now) => Dialects.ByName["v1"].NewSession(
            _sessions,
            new SessionPort(new DifficultyConfig { Start = difficulty, Min = "0.0000000001", Vardiff = false }),
            extranonce1,
            now));

    public IRoundValidator NewValidator() => new Validator(this);

    public void Record(Round round, Now now)
    {
        Rounds++;
        Blocks += round.Blocks.Count;
        foreach (ref var verdict in round.Verdicts)
        {
            if (verdict is not (ShareResult.Accepted or ShareResult.SolvesBlock)) continue;
            if (CanRecord) Interlocked.Increment(ref Recorded);
            else verdict = ShareResult.Unavailable;
        }
    }

    /// <summary>Publishes a job on a tip named by a number.</summary>
    public Job NewJob(int tip = 1)
    {
        var prevHash = Convert.ToHexStringLower(SHA256.HashData(BitConverter.GetBytes(tip)));
        var numbers = _jobs.Next(prevHash);
        var json = $$"""
            {"version":536870912,"height":{{200 + tip}},"coinbasevalue":5000000000,"mintime":1700000000,"curtime":1700000100,
            "bits":"1d00ffff","target":"00000000ffff0000000000000000000000000000000000000000000000000000",
            "previousblockhash":"{{prevHash}}",
            "rules":["csv","!segwit","taproot"],"transactions":[],
            "default_witness_commitment":"6a24aa21a9ede2f61c3f71d1defd3fa999dfa36953755c690689799962b48bebd836974e8cf9"}
            """;
        var template = _chain.ReadTemplate(Encoding.UTF8.GetBytes(json), _coin, out var error);
        Assert.That(template, Is.Not.Null, error);
        AddressCodec.TryDecode(Address, _coin.Networks["regtest"], out var script, out _);
        var job = _chain.MakeJob(template!, new JobRequest
        {
            Serial = numbers.Serial,
            Tip = numbers.Tip,
            IsNewTip = numbers.IsNewTip,
            PayoutScript = script,
            Tag = "/test/"u8.ToArray(),
            ProcessStart = 7,
            Extranonce2Size = 8,
            NowMs = Clock.MonotonicMs(),
            Render = Dialects.ByName["v1"].RenderNotify,
        });
        _jobs.Publish(job, Clock.MonotonicMs());
        Volatile.Write(ref _newest, job.Serial);
        return job;
    }

    private sealed class Validator(TestPool pool) : IRoundValidator
    {
        private readonly ShareProcessor _processor = new(PowAlgorithms.ByName["sha256d"], pool._seen);

        public void Process(Round round, Now now)
        {
            Interlocked.Increment(ref pool.Validating);
            pool.Gate.Wait();
            _processor.Process(round, now);
        }
    }
}
