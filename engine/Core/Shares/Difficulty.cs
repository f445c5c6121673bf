namespace Viddhana.Core.Shares;

/// <summary>An exact share difficulty: mantissa / (10^tens × 2^twos).</summary>
public readonly record struct Difficulty(ulong Mantissa, byte Tens, byte Twos);
