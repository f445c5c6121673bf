using System.Text;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Core;
using Viddhana.Core.Chains;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum;

namespace Viddhana.Tests.Engine.Blobs;

/// <summary>
/// Sessions of a pool on the test chain, driven as a loop drives them: real jobs, real rounds, real verdicts; time and templates in the
/// test's hands.
/// </summary>
internal sealed class BlobRig
{
    /// <summary>What the test chain takes for an address.</summary>
    public const string Wallet = "4wallet";

    /// <summary>Met by one hash of 2^40: not by chance.</summary>
    public const string HardTarget = "0000000000ffffffffffffffffffffffffffffffffffffffffffffffffffffff";

    private readonly TestBlobChain _chain;
    private readonly CoinDefinition _coin;
    private readonly IDialect _dialect;
    private readonly JobStore _jobs = new();
    private IRoundValidator _validator;
    private readonly List<byte> _kept = [];

    public BlobRig(BlobForm form, DifficultyConfig? difficulty = null, int roundCapacity = 64, bool hasWork = true, ushort processStart = 7,
        string? drainTo = null)
    {
        _chain = new TestBlobChain(form);
        _dialect = Dialects.ByName[form == BlobForm.CryptoNote ? "cryptonote" : "ethstratum"];
        _coin = Coin(form);
        ProcessStart = processStart;
        Round = new Round(roundCapacity);
        Pow = new SeededPow();
        _validator = NewValidator();
        Pool = NewPool(_coin, () => _jobs.Current, new LimitsConfig { WorkersPerConnection = 4 });
        var start = form == BlobForm.CryptoNote ? "4" : "0.000000001";
        Port = new SessionPort(difficulty ?? new DifficultyConfig { Start = start, Min = "0.0000000001" }, drainTo);
        if (hasWork) NewJob(1);
        Session = Connect();
    }

    public SessionPool Pool { get; }

    public SessionPort Port { get; }

    public SeededPow Pow { get; }

    public Round Round { get; }

    public FrameBuffer Output { get; } = new();

    public ISession Session { get; private set; }

    public ushort ProcessStart { get; }

    public long NowMs { get; set; } = 1_000_000;

    public Now Now => new(NowMs, 1_700_000_000_000 + NowMs);

    public Job Job => _jobs.Current!;

    /// <summary>Every submission that reached a round, with its verdict.</summary>
    public List<(Pending Pending, ShareResult Verdict)> Judged { get; } = [];

    /// <summary>Blocks found.</summary>
    public List<SolvedBlock> Blocks { get; } = [];

    /// <summary>Stands for the journal: false, and nothing is answered as accepted.</summary>
    public bool CanRecord { get; set; } = true;

    /// <summary>The coin of a test chain.</summary>
    public static CoinDefinition Coin(BlobForm form) => CoinDefinitions.Get("bitcoin")! with
    {
        Name = "testcoin",
        Chain = "test-blobs",
        Algorithm = SeededPow.AlgorithmName,
        Dialect = form == BlobForm.CryptoNote ? "cryptonote" : "ethstratum",
        Difficulty1Target = form == BlobForm.CryptoNote ? new string('f', 64) : "00000000ffff" + new string('0', 52),
    };

    /// <summary>
    /// A pool whose accounts are names that begin with <see cref="Wallet"/>; with a payment id they are other ones, as Monero's integrated
    /// addresses are.
    /// </summary>
    public static SessionPool NewPool(CoinDefinition coin, Func<Job?> current, LimitsConfig limits) =>
        new(coin, coin.Networks["mainnet"], 8, current, limits)
        {
            LastDifficulties = new WorkerDifficulties(keepMs: 3_600_000, count: 64),
            ResolveAccount = name => !name.StartsWith(Wallet, StringComparison.Ordinal) ? null
                : !name.Contains('.') ? name
                : name.Length == Wallet.Length + 17 ? "4integrated" + name[^16..]
                : null,
        };

    /// <summary>A new connection; it is the one that <see cref="Send(string)"/> speaks on.</summary>
    public ISession Connect(uint extranonce1 = 0x0140000a)
    {
        _kept.Clear();
        Judged.Clear();
        Output.Clear();
        return Session = _dialect.NewSession(Pool, Port, extranonce1, Now);
    }

    /// <summary>A connection to a pool that has seen nothing yet, with the same jobs.</summary>
    public BlobRig Restart()
    {
        _validator = NewValidator();
        Blocks.Clear();
        Connect();
        return this;
    }

    public string Send(string text) => Send(Encoding.UTF8.GetBytes(text));

    public string Send(ReadOnlySpan<byte> bytes)
    {
        _kept.AddRange(bytes);
        do
        {
            var consumed = Session.OnBytes(_kept.ToArray(), Round, Output, Now);
            _kept.RemoveRange(0, consumed);
            if (Session.IsPaused && consumed + Round.Count == 0) Assert.Fail("paused with nothing to wait for");
            Finish();
        }
        while (Session.IsPaused && Session.CloseReason is null);

        return TakeOutput();
    }

    public string Tick(long milliseconds)
    {
        NowMs += milliseconds;
        Session.OnTick(Now, Output);
        return TakeOutput();
    }

    /// <summary>Publishes a job and sends it on the present connection.</summary>
    public string NewJob(int tip, string target = HardTarget, bool forceNewTip = false)
    {
        var template = _chain.ReadTemplate(Encoding.ASCII.GetBytes(TestBlobChain.TemplateJson(tip, target)), _coin, out _)!;
        var job = _chain.MakeJob(template, Request(_jobs.Next(template.PrevHash, forceNewTip)));
        _jobs.Publish(job, NowMs);
        Session?.OnJob(job, Output, Now);
        return TakeOutput();
    }

    public JobRequest Request(JobNumbers numbers, int instanceId = 5, ushort? processStart = null) => new()
    {
        Serial = numbers.Serial,
        Tip = numbers.Tip,
        IsNewTip = numbers.IsNewTip,
        PayoutScript = [],
        Tag = [],
        ProcessStart = processStart ?? ProcessStart,
        InstanceId = instanceId,
        Extranonce2Size = 8,
        NowMs = NowMs,
        Render = _dialect.RenderNotify,
    };

    /// <summary>The same job as another engine or process would make it.</summary>
    public Job JobOf(JobNumbers numbers, int instanceId = 5, ushort? processStart = null)
    {
        var template = _chain.ReadTemplate(Encoding.ASCII.GetBytes(TestBlobChain.TemplateJson(1, HardTarget)), _coin, out _)!;
        return _chain.MakeJob(template, Request(numbers, instanceId, processStart));
    }

    public void Withdraw() => _jobs.Withdraw(Job, NowMs);

    /// <summary>Judges the round with the chain's own validator, so that only verdicts are asked for.</summary>
    public void Judge(Round round) => _validator.Process(round, Now);

    private IRoundValidator NewValidator() => _chain.NewValidator(Pow, new DuplicateFilter(1 << 14, 64));

    private void Finish()
    {
        Judge(Round);
        Blocks.AddRange(Round.Blocks);
        for (var i = 0; i < Round.Count; i++)
        {
            ref var verdict = ref Round.Verdicts[i];
            if (!CanRecord && verdict is ShareResult.Accepted or ShareResult.SolvesBlock) verdict = ShareResult.Unavailable;
            var pending = Round.Pending[i];
            if (verdict is ShareResult.Accepted or ShareResult.SolvesBlock)
                Assert.That(Round.Achieved[i], Is.GreaterThanOrEqualTo(pending.Work.Difficulty.Work), "no hash is worse than what it met");
            Judged.Add((pending, verdict));
            ((ISession)pending.Session).OnVerdict(pending, verdict, Output, Now);
        }

        Round.Clear();
    }

    private string TakeOutput()
    {
        var text = Encoding.UTF8.GetString(Output.Written);
        Output.Clear();
        return text;
    }
}
