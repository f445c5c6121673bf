using Viddhana.Core.Jobs;

namespace Viddhana.Core.Shares;

/// <summary>
/// What a session was handed under one wire job id. Its difficulty is what its shares are judged by and credited with, for ever.
/// </summary>
/// <param name="Work">Job and variant.</param>
/// <param name="Difficulty">Share difficulty with its exact target and work.</param>
/// <param name="VersionMask">Version bits this session may roll in this job; 0 if it did not configure version rolling.</param>
/// <param name="SentMs">When it was sent, monotonic milliseconds.</param>
/// <param name="Extranonce1">The session's number (big-endian on the wire) when it was sent: its shares are hashed with that one.</param>
public readonly record struct Assignment(
    JobVariant Work, ShareDifficulty Difficulty, uint VersionMask, long SentMs, uint Extranonce1 = 0);
