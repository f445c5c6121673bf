namespace Viddhana.Core;

/// <summary>The present, handed in by the caller: Core reads no clock.</summary>
/// <param name="MonotonicMs">Milliseconds of a clock that never steps: timeouts, vardiff, rates, the age of a job.</param>
/// <param name="UtcMs">Unix time in milliseconds: only for records that leave the process.</param>
public readonly record struct Now(long MonotonicMs, long UtcMs);
