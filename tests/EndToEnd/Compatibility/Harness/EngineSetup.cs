using Viddhana.Tests.EndToEnd.Harness;

namespace Viddhana.Tests.EndToEnd.Compatibility.Harness;

/// <summary>What a fixture's engine and chain look like. As it is, every nonce is a share and next to none a block.</summary>
internal sealed record EngineSetup
{
    /// <summary>The engine to start; the one that takes the system's OpenSSL if nothing is said.</summary>
    public string Program { get; init; } = Programs.Engine;

    /// <summary>Share difficulty that the standard ports start with; it stays unless a miner asks for another.</summary>
    public string StartDifficulty { get; init; } = "0.0000000001";

    /// <summary>Compact target of the chain: five million hashes a block. <c>207fffff</c>: two.</summary>
    public string Bits { get; init; } = "1e0346dc";

    /// <summary>Transactions in a fresh template.</summary>
    public int Transactions { get; init; } = 3;

    /// <summary>More lines of the section <c>common</c>.</summary>
    public string Common { get; init; } = "";

    /// <summary>More lines of the pool's section of the configuration, without their common indentation.</summary>
    public string Pool { get; init; } = "";

    /// <summary>More lines of the engine's section.</summary>
    public string Engine { get; init; } = "";

    /// <summary>
    /// More ports than the plain one and the one with TLS: each the rest of a flow mapping after listen and port, such as <c>tls: true</c>.
    /// </summary>
    public string[] MorePorts { get; init; } = [];

    /// <summary>A node that runs already, with user and password in its URL, instead of a simulated chain; and of which coin.</summary>
    public (string Coin, string Url, string Address)? Node { get; init; }
}
