using Viddhana.Backoffice.Pools;

namespace Viddhana.Backoffice.Live;

/// <summary>Event <c>snapshot</c>: a pool's figures, as its statistics endpoint gives them.</summary>
internal sealed record LiveSnapshot(string Pool, DateTimeOffset Time, StatsAnswer Stats);

/// <summary>Event <c>block</c>: found, immature, confirmed, orphaned; or progress, where only confirmations have changed.</summary>
internal sealed record LiveBlock(string Pool, DateTimeOffset Time, string Change, BlockAnswer Block);

/// <summary>Event <c>height</c>: the pool works for another block.</summary>
internal sealed record LiveHeight(string Pool, DateTimeOffset Time, long Height, double Difficulty);

/// <summary>Event <c>payout</c>: prepared, signed, broadcast, confirmed, failed.</summary>
internal sealed record LivePayout(string Pool, DateTimeOffset Time, string Change, PayoutAnswer Payout);

/// <summary>Event <c>best</c>: nobody had a better share in this pool before.</summary>
internal sealed record LiveBest(string Pool, DateTimeOffset Time, double Difficulty, string Address, string Worker);
