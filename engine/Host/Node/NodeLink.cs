using Viddhana.Contracts.Config;
using Viddhana.Engine.Metrics;

namespace Viddhana.Engine.Node;

/// <summary>What a node is good for at present.</summary>
public enum NodeCondition
{
    /// <summary>Not asked yet.</summary>
    Starting,

    /// <summary>On the right network, synchronised, gives templates.</summary>
    Up,

    /// <summary>No answer, or no node's answer.</summary>
    Down,

    /// <summary>User, password or cookie are refused.</summary>
    LoggedOut,

    /// <summary>Loading its block index.</summary>
    WarmingUp,

    /// <summary>In initial block download.</summary>
    Syncing,

    /// <summary>Answers, but gives no template.</summary>
    NoTemplate,

    /// <summary>On another network than the pool: refused until the engine is started again.</summary>
    WrongNetwork,
}

/// <summary>One node of a pool and what is known of it. Read from any thread; only <see cref="NodeGroup"/> changes it.</summary>
public sealed class NodeLink : IDisposable
{
    internal NodeLink(NodeConfig config, int rank, string name)
    {
        Config = config;
        Rank = rank;
        Name = name;
        Client = new NodeClient(config);
    }

    /// <summary>Place in the order of preference; 0 is the first choice.</summary>
    public int Rank { get; }

    /// <summary><c>host:port</c>, with <c>#2</c> and so on where several nodes share it (a path may differ).</summary>
    public string Name { get; }

    /// <summary>RPC to it.</summary>
    public NodeClient Client { get; }

    /// <summary>What it is good for.</summary>
    public NodeCondition Condition { get; internal set; }

    /// <summary>One line for the operator: why it is not up, or its height.</summary>
    public string Detail { get; internal set; } = "not asked yet";

    /// <summary>Height of its best block; -1 before the first answer.</summary>
    public long Height { get; internal set; } = -1;

    /// <summary>Id of its best block; empty before the first answer.</summary>
    public string BestHash { get; internal set; } = "";

    /// <summary>Milliseconds that the last health check took; -1 before the first answer.</summary>
    public double LatencyMs { get; internal set; } = -1;

    /// <summary>Milliseconds that the last template took to come, when it was asked for at once (no long poll); -1: none yet.</summary>
    public double TemplateMs { get; internal set; } = -1;

    /// <summary>Why it was not up the last time that it was not, and when ; null: it always was.</summary>
    public Note? LastError { get; internal set; }

    /// <summary>True while another node has had a higher block for so long that it is preferred.</summary>
    public bool Lags => IsLagging;

    /// <summary>True when templates may be taken from it.</summary>
    public bool IsUp => Condition == NodeCondition.Up;

    internal NodeConfig Config { get; }

    /// <summary>The error behind the condition, so that only another trouble is logged again.</summary>
    internal RpcError? Trouble { get; set; }

    /// <summary>Since when it has been up, monotonic milliseconds.</summary>
    internal long UpSinceMs { get; set; }

    /// <summary>It has not been up some time since the start.</summary>
    internal bool HasFailed { get; set; }

    /// <summary>Since when another node has had a higher block, monotonic milliseconds; null while none has.</summary>
    internal long? BehindSinceMs { get; set; }

    /// <summary>It has been behind for so long that another node is preferred.</summary>
    internal bool IsLagging { get; set; }

    /// <summary>
    /// A call broke on the way: nothing is taken from it before the next health check, because a node on another network may come up there.
    /// </summary>
    internal bool IsSuspect { get; set; }

    /// <summary>It answered that it knows no proposals. Forgotten when it comes up again: it may have been upgraded.</summary>
    internal bool KnowsNoProposals { get; set; }

    /// <summary>Asks for a health check at once.</summary>
    internal Pulse CheckNow { get; } = new();

    /// <inheritdoc/>
    public void Dispose()
    {
        Client.Dispose();
        CheckNow.Dispose();
    }
}
