using Viddhana.Contracts;
using Viddhana.Core.Algorithms;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;

namespace Viddhana.Core.Chains;

/// <summary>A chain family: how its node's template becomes a job, and a solved header a block. Stateless.</summary>
public interface IChain
{
    /// <summary>Name in coin definitions: <c>bitcoin</c>.</summary>
    string Name { get; }

    /// <summary>
    /// Parses the <c>result</c> of getblocktemplate (raw UTF-8 JSON of that value) by a streaming reader.
    /// Returns null and an error that tells the operator what to do when the template cannot be mined (unknown <c>!rule</c>, missing
    /// field). The template refers to <paramref name="json"/>, which must not change before <see cref="IChainTemplate.Settle"/>.
    /// </summary>
    IChainTemplate? ReadTemplate(ReadOnlyMemory<byte> json, CoinDefinition coin, out string error);

    /// <summary>Makes the job of a template.</summary>
    Job MakeJob(IChainTemplate template, JobRequest request);

    /// <summary>
    /// The whole block as lowercase hex (what submitblock and <c>mode: proposal</c> take), from a header and the coinbase without witness
    /// that it commits to.
    /// </summary>
    byte[] MakeBlockHex(Job job, ReadOnlySpan<byte> header, ReadOnlySpan<byte> coinbase);

    /// <summary>
    /// A block of the job that lacks only its proof of work, as lowercase hex: what a node judges by <c>mode: proposal</c> (BIP 23) before
    /// anybody has solved it.
    /// </summary>
    /// <param name="job">The job.</param>
    /// <param name="rent">Gives an array of at least so many bytes, of which the result is the beginning.</param>
    ReadOnlyMemory<byte> MakeProposalHex(Job job, Func<int, byte[]> rent);

    /// <summary>What decides the shares of this chain's jobs, for one thread.</summary>
    /// <param name="pow">The coin's proof of work.</param>
    /// <param name="seen">The pool's filter of duplicates.</param>
    IRoundValidator NewValidator(IPowAlgorithm pow, DuplicateFilter seen);

    /// <summary>The compact target of a block that <see cref="MakeBlockHex"/> made: <see cref="Job.Nbits"/> of its job.</summary>
    uint NbitsOf(ReadOnlySpan<byte> blockHex);

    /// <summary>Block id of a header as nodes print it, 64 lowercase hex digits.</summary>
    string BlockId(ReadOnlySpan<byte> header);

    /// <summary>Transaction id of a coinbase without witness, as nodes print it.</summary>
    string TransactionId(ReadOnlySpan<byte> transaction);
}

/// <summary>A parsed template. Opaque to all but its chain; Host needs only what is here.</summary>
public interface IChainTemplate
{
    /// <summary>Height of the block to be made.</summary>
    int Height { get; }

    /// <summary>Previous block id as nodes print it.</summary>
    string PrevHash { get; }

    /// <summary>For the next long poll; null where the node does not offer it.</summary>
    string? LongPollId { get; }

    /// <summary>The template's time.</summary>
    uint CurTime { get; }

    /// <summary>Transactions besides the coinbase.</summary>
    int TransactionCount { get; }

    /// <summary>
    /// Takes over what still lies in the bytes it was read from, which may be used for something else afterwards. Done when the job is
    /// with the miners. Blocks can be made before, during and after.
    /// </summary>
    /// <param name="previous">A settled template that most of it may be shared with; null if there is none.</param>
    void Settle(IChainTemplate? previous);
}

/// <summary>What Host adds to a template to make a job.</summary>
public sealed record JobRequest
{
    /// <summary>Serial of the job.</summary>
    public required uint Serial { get; init; }

    /// <summary>Number of the tip.</summary>
    public required uint Tip { get; init; }

    /// <summary>True for the first job of its tip.</summary>
    public required bool IsNewTip { get; init; }

    /// <summary>Output script that the coinbase pays.</summary>
    public required byte[] PayoutScript { get; init; }

    /// <summary>Tag in the coinbase, ASCII.</summary>
    public required byte[] Tag { get; init; }

    /// <summary>Number of this process start: makes its work differ from that of every other start.</summary>
    public required ushort ProcessStart { get; init; }

    /// <summary>
    /// Which engine makes the job, 0 to 1023. Bitcoin's work has it in extranonce1; a chain whose connections do not have all 32 bits of
    /// that in their work puts this into it, or two engines would hand out the same.
    /// </summary>
    public int InstanceId { get; init; }

    /// <summary>Bytes of extranonce2, 4 to 8.</summary>
    public required int Extranonce2Size { get; init; }

    /// <summary>Monotonic milliseconds.</summary>
    public required long NowMs { get; init; }

    /// <summary>Renders the dialect's frames: fills <see cref="JobVariant.NotifyClean"/> and <see cref="JobVariant.Notify"/>.</summary>
    public required RenderNotify Render { get; init; }
}
