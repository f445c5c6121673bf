using System.Numerics;
using System.Text;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Core;
using Viddhana.Core.Access;
using Viddhana.Core.Bytes;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum;
using Viddhana.Core.Stratum.V1;

namespace Viddhana.Tests.Engine.Stratum;

/// <summary>One session of a pool, driven as a loop drives it, with time and jobs in the test's hands.</summary>
internal sealed class Rig
{
    /// <summary>From BIP 173.</summary>
    public const string Address = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";

    public const string Subscribe = """{"id":1,"method":"mining.subscribe","params":["test/1"]}""" + "\n";

    public const string Authorize = $$"""{"id":2,"method":"mining.authorize","params":["{{Address}}.rig","x"]}""" + "\n";

    public const string Configure =
        """{"id":1,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"ffffffff"}]}""" + "\n";

    private static readonly UInt256 HardTarget = UInt256.FromBigInteger(BigInteger.One << 180);

    private readonly List<byte> _kept = [];
    private uint _serial;
    private readonly Func<SessionPool> _newPool;
    private ulong _sessionIds;

    public Rig(
        DifficultyConfig? difficulty = null,
        LimitsConfig? limits = null,
        string coin = "bitcoin",
        int roundCapacity = 64,
        string? drainTo = null,
        int parkedMax = 1_000,
        bool isShared = false)
    {
        var definition = CoinDefinitions.Get(coin)!;
        _newPool = () =>
        {
            Last = new WorkerDifficulties(600_000, 1_024, isShared);
            return new SessionPool(
                definition, definition.Networks["mainnet"], 8, () => CurrentJob, limits ?? new LimitsConfig(), Pool?.Difficulties)
            {
                Numbers = Numbers,
                Parked = new ParkedSessions(120_000, parkedMax, Numbers),
                NewSessionId = () => 0x5e55_1040_0000_0000 + ++_sessionIds,
                LastDifficulties = Last,
                Directory = () => Directory,
            };
        };
        Port = new SessionPort(difficulty ?? new DifficultyConfig(), drainTo);
        Round = new Round(roundCapacity);
        Restart();
        CurrentJob = MakeJob(tip: 1, isNewTip: true);
    }

    public SessionPool Pool { get; private set; } = null!;

    /// <summary>Names and bans as of now.</summary>
    public StratumDirectory Directory { get; set; } = StratumDirectory.Empty;

    /// <summary>What workers had last.</summary>
    public WorkerDifficulties Last { get; private set; } = null!;

    /// <summary>extranonce1, from 0040000a on.</summary>
    public TestNumbers Numbers { get; } = new();

    public SessionPort Port { get; }

    public V1Session Session { get; private set; } = null!;

    public FrameBuffer Output { get; } = new();

    public Round Round { get; }

    public Job? CurrentJob { get; set; }

    public long NowMs { get; set; } = 1_000_000;

    public Now Now => new(NowMs, 1_700_000_000_000 + NowMs);

    /// <summary>What the stub of the validator says of shares that the session did not decide.</summary>
    public Func<Pending, ShareResult> Judge { get; set; } = _ => ShareResult.Accepted;

    /// <summary>Every submission that reached a round, with its verdict.</summary>
    public List<(Pending Pending, ShareResult Verdict)> Judged { get; } = [];

    /// <summary>Runs before the verdicts of each round are handed out, in place of <see cref="Judge"/>.</summary>
    public Action<Round>? Process { get; set; }

    /// <summary>A new pool that remembers nothing, and the first connection to it.</summary>
    public Rig Restart()
    {
        Pool = _newPool();
        Numbers.Restart();
        _sessionIds = 0;
        return Connect();
    }

    /// <summary>A new connection to the same pool.</summary>
    public Rig Connect()
    {
        Session = (V1Session)Dialects.ByName["v1"].NewSession(Pool, Port, Numbers.Take()!.Value, Now);
        _kept.Clear();
        Judged.Clear();
        Output.Clear();
        return this;
    }

    /// <summary>The connection breaks.</summary>
    public void Close()
    {
        if (!Session.OnClosed(Now)) Numbers.Return(Session.Extranonce1);
    }

    /// <summary>The connection breaks and the client comes back on a new one.</summary>
    public Rig Reconnect(long afterMs = 0)
    {
        Close();
        NowMs += afterMs;
        return Connect();
    }

    public Rig LoggedIn()
    {
        Send(Subscribe + Authorize);
        return this;
    }

    public string Send(string text) => Send(Encoding.UTF8.GetBytes(text));

    public string Send(ReadOnlySpan<byte> bytes)
    {
        _kept.AddRange(bytes);
        Turn();
        return TakeOutput();
    }

    public string Tick(long milliseconds)
    {
        NowMs += milliseconds;
        Session.OnTick(Now, Output);
        return TakeOutput();
    }

    public string Publish(Job job)
    {
        CurrentJob = job;
        Session.OnJob(job, Output, Now);
        return TakeOutput();
    }

    public Job MakeJob(uint tip, bool isNewTip = false, UInt256? blockTarget = null, uint version = 0x20000000)
    {
        var prevHash = new byte[32];
        for (var i = 0; i < 32; i++) prevHash[i] = (byte)(i + tip);
        return new Job
        {
            Serial = ++_serial,
            Tip = tip,
            Height = 800_000,
            Version = version,
            VersionMask = Job.RollableVersionBits & ~version,
            Extranonce2Size = 8,
            PrevHash = prevHash,
            Nbits = 0x17034219,
            BlockTarget = blockTarget ?? HardTarget,
            NetworkWork = UInt128.One << 76,
            MinTime = 1_600_000_000,
            CurTime = 1_700_000_000,
            MerkleBranches = [.. Enumerable.Repeat((byte)7, 64)],
            CoinbaseValue = 312_500_000,
            Template = "none",
            CreatedMs = NowMs,
            IsNewTip = isNewTip,
            Variants = new JobVariants(MakeVariant),
        };
    }

    /// <summary>A request; id and params are JSON.</summary>
    public static string Ask(string id, string method, string parameters) =>
        $$"""{"id":{{id}},"method":"{{method}}","params":{{parameters}}}""" + "\n";

    public static string Submit(string jobId, int id = 4, string nonce = "1a2b3c4d", string user = Address + ".rig") =>
        Ask($"{id}", "mining.submit", $$"""["{{user}}","{{jobId}}","0000000000000001","6553f100","{{nonce}}"]""");

    /// <summary>The wire job id of the last notify in some output.</summary>
    public static string LastJobId(string output)
    {
        var at = output.LastIndexOf("mining.notify\",\"params\":[\"", StringComparison.Ordinal);
        return output.Substring(at + 26, 16);
    }

    /// <summary>The job id of the newest work, by asking for nothing: jobs are numbered from 1.</summary>
    public static string JobId(Job job, ushort variant = 0) => WireJobId.Make(3, job.Serial, variant).ToString("x16");

    private void Turn()
    {
        do
        {
            var consumed = Session.OnBytes(_kept.ToArray(), Round, Output, Now);
            _kept.RemoveRange(0, consumed);
            if (Session.IsPaused && consumed + Round.Count == 0) Assert.Fail("paused with nothing to wait for");
            Finish();
        }
        while (Session.IsPaused && Session.CloseReason is null);
    }

    private void Finish()
    {
        if (Process is not null) Process(Round);
        for (var i = 0; i < Round.Count; i++)
        {
            var pending = Round.Pending[i];
            if (Process is null) Round.Verdicts[i] = pending.Verdict ?? Judge(pending);
            Judged.Add((pending, Round.Verdicts[i]));
            ((ISession)pending.Session).OnVerdict(pending, Round.Verdicts[i], Output, Now);
        }

        Round.Clear();
    }

    private string TakeOutput()
    {
        var text = Encoding.UTF8.GetString(Output.Written);
        Output.Clear();
        return text;
    }

    private static JobVariant MakeVariant(Job job, ushort number)
    {
        byte[] coinbase1 = [1, 0, 0, 0, (byte)number, (byte)(number >> 8), .. BitConverter.GetBytes(job.Serial)];
        byte[] coinbase2 = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
        var id = WireJobId.Make(3, job.Serial, number);
        return JobVariant.Render(job, number, id, coinbase1, coinbase2, V1Writer.Notify);
    }
}

/// <summary>Numbers as the host has them: none is given out twice in a test.</summary>
internal sealed class TestNumbers : IExtranonceNumbers
{
    private uint _next = 0x0040000a;

    public HashSet<uint> Taken { get; } = [];

    public List<uint> Returned { get; } = [];

    public bool AreGone { get; set; }

    public void Restart()
    {
        _next = 0x0040000a;
        Taken.Clear();
        Returned.Clear();
    }

    public uint? Take()
    {
        if (AreGone) return null;
        Taken.Add(_next);
        return _next++;
    }

    public void Return(uint extranonce1)
    {
        Assert.That(Taken.Remove(extranonce1), Is.True, $"{extranonce1:x8} was returned by nobody who had it");
        Returned.Add(extranonce1);
    }
}
