using Viddhana.Core.Bytes;

namespace Viddhana.Core.Chains.Bitcoin;

/// <summary>A template of a node that speaks Bitcoin's getblocktemplate (BIP 22, 23, 145), in binary and ready to be mined.</summary>
internal sealed record BlockTemplate : IChainTemplate
{
    /// <inheritdoc/>
    public required int Height { get; init; }

    /// <inheritdoc/>
    public required string PrevHash { get; init; }

    /// <inheritdoc/>
    public required string? LongPollId { get; init; }

    /// <inheritdoc/>
    public required uint CurTime { get; init; }

    /// <inheritdoc/>
    public int TransactionCount => Transactions.Count;

    /// <summary>Block version as the node gave it.</summary>
    public required uint Version { get; init; }

    /// <summary>Version bits that may be rolled (BIP 320).</summary>
    public required uint VersionMask { get; init; }

    /// <summary><see cref="PrevHash"/> in header order.</summary>
    public required byte[] PrevHashBytes { get; init; }

    /// <summary>Compact block target.</summary>
    public required uint Nbits { get; init; }

    /// <summary>Block target.</summary>
    public required UInt256 BlockTarget { get; init; }

    /// <summary>Smallest header time allowed.</summary>
    public required uint MinTime { get; init; }

    /// <summary>What the coinbase may pay, fees included.</summary>
    public required long CoinbaseValue { get; init; }

    /// <summary>Bytes the node wants in the coinbase's input script (<c>coinbaseaux.flags</c>); mostly empty.</summary>
    public required byte[] CoinbaseFlags { get; init; }

    /// <summary>
    /// Output script of the witness commitment (BIP 141), or null where segwit is not active: then the block has no witness at all.
    /// </summary>
    public required byte[]? WitnessCommitment { get; init; }

    /// <summary>Merkle path of the coinbase, 32 bytes a step.</summary>
    public required byte[] MerkleBranches { get; init; }

    /// <summary>All transactions besides the coinbase.</summary>
    public required TemplateTransactions Transactions { get; init; }

    /// <summary>What follows the transactions, as lowercase hex: <c>01</c> and the MWEB block, or nothing.</summary>
    public required byte[] SuffixHex { get; init; }

    /// <inheritdoc/>
    public void Settle(IChainTemplate? previous) => Transactions.Settle((previous as BlockTemplate)?.Transactions);
}
