namespace Viddhana.Core.Shares;

/// <summary>The verdict on one submission. A wrong share is a value, never an exception.</summary>
public enum ShareResult : byte
{
    /// <summary>Meets the share target it was assigned; credited.</summary>
    Accepted,

    /// <summary>Accepted, and it meets the block target too.</summary>
    SolvesBlock,

    /// <summary>The job id is not in this session's ring of assignments.</summary>
    UnknownJob,

    /// <summary>The job was handed out here, but its tip has been replaced or it has expired.</summary>
    Stale,

    /// <summary>This very work (header hash) was credited before.</summary>
    Duplicate,

    /// <summary>The hash is above the share target of the assignment.</summary>
    LowDifficulty,

    /// <summary>ntime is before mintime or too far ahead of the template's time.</summary>
    TimeOutOfRange,

    /// <summary>Version bits outside the mask of the assignment.</summary>
    VersionNotAllowed,

    /// <summary>A field is missing, of the wrong type or of the wrong length.</summary>
    Malformed,

    /// <summary>The worker named in the submission is not authorised on this connection.</summary>
    Unauthorized,

    /// <summary>The connection has not subscribed.</summary>
    NotSubscribed,

    /// <summary>The journal cannot record shares at present; nothing is credited.</summary>
    Unavailable,
}
