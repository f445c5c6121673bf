using System.Runtime.InteropServices;

namespace Viddhana.Core.Shares;

/// <summary>
/// A submission that waits for this round's verdict. The dialect fills it while parsing; it renders the answer only after the round has
/// been validated and journaled.
/// </summary>
[StructLayout(LayoutKind.Auto)]
public struct Pending
{
    /// <summary>The share.</summary>
    public Submission Share;

    /// <summary>What was handed out under the job id; default when <see cref="Verdict"/> is already decided.</summary>
    public Assignment Work;

    /// <summary>extranonce1 that the work was sent with, in wire order, first byte in the lowest eight bits (4 bytes).</summary>
    public uint Extranonce1;

    /// <summary>The worker the share is for.</summary>
    public Worker? Worker;

    /// <summary>
    /// Decided while parsing (UnknownJob, Malformed, Unauthorized, NotSubscribed), or null: the validator decides.
    /// </summary>
    public ShareResult? Verdict;

    /// <summary>The session's own reference to the request (where its id text lies).</summary>
    public int RequestRef;

    /// <summary>The session, so that the answer finds its way back. Opaque to the validator.</summary>
    public object Session;
}
