using Viddhana.Contracts.Published;
using Viddhana.Core.Access;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;

namespace Viddhana.Core.Stratum;

/// <summary>
/// The protocol state of one connection, in any dialect. Pure: bytes in, bytes out, time as a parameter. A loop owns it; never called from
/// two threads at once.
/// </summary>
public interface ISession
{
    /// <summary>
    /// Parses complete lines. Submissions go into <paramref name="round"/>; every other request is answered into <paramref name="output"/>.
    /// Stops early at a request that must not overtake a submission which still waits for its verdict, and when the round is full: then
    /// <see cref="IsPaused"/> is true and the caller presents the rest again after the round.
    /// </summary>
    /// <returns>Bytes consumed; the caller keeps the rest and presents it again with what follows.</returns>
    int OnBytes(ReadOnlySpan<byte> received, Round round, FrameBuffer output, Now now);

    /// <summary>Answers one submission of this session; called in request order after the round has been journaled.</summary>
    void OnVerdict(in Pending pending, ShareResult verdict, FrameBuffer output, Now now);

    /// <summary>Hands out a new job (nothing before subscribe and authorize), with the difficulty that is wanted by then.</summary>
    void OnJob(Job job, FrameBuffer output, Now now);

    /// <summary>Once a second or so: idle difficulty, keep-alive work. Cheap when there is nothing to do.</summary>
    void OnTick(Now now, FrameBuffer output);

    /// <summary>
    /// The connection is gone; no other call follows. True: the session keeps <see cref="Extranonce1"/> so that it can be resumed.
    /// Otherwise the caller gives the number back.
    /// </summary>
    bool OnClosed(Now now) => false;

    /// <summary>
    /// An operator wants the connection to go on with a fresh extranonce1. False: the client cannot follow, or no number is free; nothing
    /// has changed then.
    /// </summary>
    bool TryRenumber(FrameBuffer output, Now now) => false;

    /// <summary>Last words before a planned close (client.reconnect where the dialect has it).</summary>
    void OnDrain(FrameBuffer output);

    /// <summary>The number of the connection at present: at first the one it was made with.</summary>
    uint Extranonce1 { get; }

    /// <summary>True while parsing waits for the round.</summary>
    bool IsPaused { get; }

    /// <summary>True once at least one worker is authorised and the client has subscribed: it counts as a miner.</summary>
    bool IsMining { get; }

    /// <summary>True when a worker of this name, or one of the account of this name, is authorised on it. For operators who look.</summary>
    bool HasWorker(ReadOnlySpan<byte> name);

    /// <summary>The ban of one of its workers, or null. Allocates nothing.</summary>
    Ban? FindBan(StratumDirectory directory);

    /// <summary>Last words to a client that is banned, where it can be told without a request of its own.</summary>
    void OnBanned(Ban ban, FrameBuffer output)
    {
    }

    /// <summary>Why the connection must be closed after the output has been sent, or null.</summary>
    string? CloseReason { get; }
}
