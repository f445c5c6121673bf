using Viddhana.Core.Bytes;

namespace Viddhana.Core.Shares;

/// <summary>A share difficulty with all that follows from it. Interned: sessions hold references.</summary>
/// <param name="Difficulty">The value that miners are told.</param>
/// <param name="Target">floor(difficulty-1 target / difficulty); a share must satisfy hash &lt;= target.</param>
/// <param name="Work">floor(2^256 / (target + 1)): what one accepted share is credited with.</param>
public sealed record ShareDifficulty(Difficulty Difficulty, UInt256 Target, ulong Work);
