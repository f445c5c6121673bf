using System.Text;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Core;
using Viddhana.Core.Bytes;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum;
using Viddhana.Core.Stratum.V1;

namespace Viddhana.Miner.Bench;

/// <summary>A pool without sockets: jobs as of a full block on mainnet, and a difficulty that every hash meets.</summary>
internal sealed class BenchPool
{
    /// <summary>Steps from the coinbase to the root of a block of 2048 to 4095 transactions.</summary>
    public const int Branches = 12;

    /// <summary>Bytes of the coinbase without witness.</summary>
    public const int CoinbaseSize = 250;

    /// <summary>From BIP 173.</summary>
    public const string User = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4.rig1";

    private const int CoinbaseHead = 60;
    private const int ExtranonceSize = 12;
    private const string AnyHash = "0.0000000001";

    private uint _serial;

    public BenchPool()
    {
        var coin = CoinDefinitions.Get("bitcoin")!;
        Sessions = new SessionPool(
            coin, coin.Networks["mainnet"], ExtranonceSize - 4, () => Job, new LimitsConfig { MessagesPerSecond = int.MaxValue });
        Port = new SessionPort(new DifficultyConfig { Start = AnyHash, Min = AnyHash, Vardiff = false });
        Job = NewTip();
    }

    public SessionPool Sessions { get; }

    public SessionPort Port { get; }

    /// <summary>The current work.</summary>
    public Job Job { get; private set; }

    /// <summary>One moment for ever: nothing here is to depend on the clock.</summary>
    public static Now Now => new(1_000_000, 1_700_000_000_000);

    /// <summary>What each share of the job is judged by and credited with: any hash is good enough.</summary>
    public ShareDifficulty Easiest => Sessions.Difficulties.Get(Port.Start);

    /// <summary>Makes work on a new tip, which empties the filter of duplicates.</summary>
    public Job NewTip()
    {
        var serial = ++_serial;
        var bytes = new byte[32 * (Branches + 1)];
        new Random((int)serial).NextBytes(bytes);
        return Job = new Job
        {
            Serial = serial,
            Tip = serial,
            Height = 840_000,
            Version = 0x20000000,
            VersionMask = Job.RollableVersionBits,
            Extranonce2Size = ExtranonceSize - 4,
            PrevHash = bytes[..32],
            Nbits = 0x17034219,
            BlockTarget = new UInt256(0, 0, 1UL << 52, 0),
            NetworkWork = UInt128.One << 78,
            MinTime = 1_600_000_000,
            CurTime = 1_700_000_000,
            MerkleBranches = bytes[32..],
            CoinbaseValue = 312_500_000,
            Template = "none",
            CreatedMs = Now.MonotonicMs,
            IsNewTip = true,
            Variants = new JobVariants(MakeVariant),
        };
    }

    /// <summary>A session that has subscribed and authorized.</summary>
    public ISession NewSession(FrameBuffer output)
    {
        var session = Dialects.ByName["v1"].NewSession(Sessions, Port, 0x0040000a, Now);
        var login = $$"""{"id":1,"method":"mining.subscribe","params":["bench/1"]}""" + "\n"
            + $$"""{"id":2,"method":"mining.authorize","params":["{{User}}","x"]}""" + "\n";
        session.OnBytes(Encoding.ASCII.GetBytes(login), new Round(1), output, Now);
        Check.That(session.IsMining);
        output.Clear();
        return session;
    }

    /// <summary>A line as miners send it; all of one job have the same length.</summary>
    public static byte[] SubmitLine(JobVariant work, uint number) => Encoding.ASCII.GetBytes(
        $$"""{"params":["{{User}}","{{work.WireId:x16}}","{{number:x16}}","6553f100","{{number * 2654435761:x8}}"],"id":4,"""
        + "\"method\":\"mining.submit\"}\n");

    private static JobVariant MakeVariant(Job job, ushort number)
    {
        var coinbase = new byte[CoinbaseSize - ExtranonceSize];
        new Random((int)job.Serial).NextBytes(coinbase);
        var (head, tail) = (coinbase[..CoinbaseHead], coinbase[CoinbaseHead..]);
        var id = WireJobId.Make(3, job.Serial, number);
        return JobVariant.Render(job, number, id, head, tail, V1Writer.Notify);
    }
}
