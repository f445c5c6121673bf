using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Pools.Figures;

/// <summary>An account of a pool on the board.</summary>
/// <param name="AccountId">Its number.</param>
/// <param name="Recent">The last hour; null: nothing.</param>
/// <param name="Day">The last day.</param>
/// <param name="Immature">Base units.</param>
/// <param name="Confirmed">Base units.</param>
internal sealed record BoardRow(long AccountId, AccountRecent? Recent, Mined Day, long Immature, long Confirmed);

/// <summary>All accounts of a pool that mined within a day or are owed something, at a moment.</summary>
internal sealed class Board
{
    private readonly Dictionary<long, int> _ranks = [];

    public Board(Activity activity, List<BoardRow> rows)
    {
        Activity = activity;
        ByRate = [.. rows.OrderByDescending(RateKey).ThenBy(row => row.AccountId)];
        ByBalance = [.. rows.OrderByDescending(BalanceKey).ThenBy(row => row.AccountId)];
        ByDay = [.. rows.Where(row => row.Day.Shares > 0).OrderByDescending(row => row.Day.Work).ThenBy(row => row.AccountId)];
        for (var i = 0; i < ByDay.Length; i++) _ranks[ByDay[i].AccountId] = i + 1;
    }

    /// <summary>What it was made from.</summary>
    public Activity Activity { get; }

    /// <summary>Most work of the last five minutes first.</summary>
    public BoardRow[] ByRate { get; }

    /// <summary>Largest balance first.</summary>
    public BoardRow[] ByBalance { get; }

    /// <summary>Most work of the day first; only those who have any.</summary>
    public BoardRow[] ByDay { get; }

    /// <summary>Place by the day's work, from 1; null without any.</summary>
    public int? RankOf(long accountId) => _ranks.TryGetValue(accountId, out var rank) ? rank : null;

    /// <summary>What <see cref="ByRate"/> is sorted by: a work's bits are in the order of the work.</summary>
    public static long RateKey(BoardRow row) => row.Recent is { } recent ? BitConverter.DoubleToInt64Bits(recent.Recent.Work(1)) : 0;

    /// <summary>What <see cref="ByBalance"/> is sorted by.</summary>
    public static long BalanceKey(BoardRow row) => row.Confirmed + row.Immature;

    /// <summary>The rows after a cursor, by a key that falls and then by account.</summary>
    public static IEnumerable<BoardRow> After(BoardRow[] rows, long[]? cursor, Func<BoardRow, long> key) => cursor is null
        ? rows
        : rows.SkipWhile(row => key(row) is var at && (at > cursor[0] || (at == cursor[0] && row.AccountId <= cursor[1])));
}

/// <summary>Keeps a board for each pool. Thread-safe.</summary>
internal sealed class MinerBoard(ReadDatabase database, ActivityBook activities, TimeProvider time)
{
    private const long FreshMs = 5_000;
    private const long WeekFreshMs = 120_000;
    private const long DayMs = 86_400_000;

    private readonly Dictionary<int, Fresh<Board>> _boards = [];
    private readonly Dictionary<int, Fresh<Dictionary<long, (double Work, long Shares)>>> _weeks = [];

    /// <summary>The board of a pool, some seconds old at most.</summary>
    public Task<Board> GetAsync(KnownPool pool)
    {
        lock (_boards)
        {
            if (!_boards.TryGetValue(pool.PoolId, out var fresh))
                _boards.Add(pool.PoolId, fresh = new Fresh<Board>(time, FreshMs, nowMs => ReadAsync(pool, nowMs)));
            return fresh.GetAsync();
        }
    }

    /// <summary>Work and shares of the summed hours of a week by account, minutes old at most.</summary>
    public Task<Dictionary<long, (double Work, long Shares)>> WeekAsync(KnownPool pool)
    {
        lock (_weeks)
        {
            if (!_weeks.TryGetValue(pool.PoolId, out var fresh))
                _weeks.Add(
                    pool.PoolId,
                    fresh = new Fresh<Dictionary<long, (double Work, long Shares)>>(
                        time, WeekFreshMs, nowMs => SumsAsync(pool.PoolId, HourOf(nowMs - (7 * DayMs)), long.MaxValue)));
            return fresh.GetAsync();
        }
    }

    /// <summary>The hour that a time lies in.</summary>
    public static long HourOf(long ms) => ms / SliceSums.HourMs * SliceSums.HourMs;

    private async Task<Board> ReadAsync(KnownPool pool, long nowMs)
    {
        var activity = await activities.GetAsync(pool);
        var day = await SumsAsync(pool.PoolId, HourOf(nowMs - DayMs), activity.OpenFromMs);
        var owed = await OwedAsync(pool.PoolId);

        var ids = new HashSet<long>(day.Keys);
        ids.UnionWith(activity.Accounts.Keys);
        ids.UnionWith(owed.Keys);
        var rows = new List<BoardRow>(ids.Count);
        foreach (var id in ids)
        {
            var recent = activity.Accounts.GetValueOrDefault(id);
            var (work, shares) = day.GetValueOrDefault(id);
            var mined = activity.Hours(recent?.Recent, DayMs, work, shares);
            var (immature, confirmed) = owed.GetValueOrDefault(id);
            rows.Add(new BoardRow(id, recent, mined, immature, confirmed));
        }

        return new Board(activity, rows);
    }

    private async Task<Dictionary<long, (double Work, long Shares)>> SumsAsync(int poolId, long fromMs, long toMs) =>
        (await database.Source.RowsAsync(
            """
            SELECT account_id, sum(work_sum)::float8, sum(shares)::bigint FROM account_sums
            WHERE pool_id = $1 AND length_ms = 3600000 AND at_ms >= $2 AND at_ms < $3 GROUP BY account_id
            """,
            [poolId, fromMs, toMs],
            row => (Id: row.GetInt64(0), Sums: (row.GetDouble(1), row.GetInt64(2))),
            default)).ToDictionary(row => row.Id, row => row.Sums);

    private async Task<Dictionary<long, (long Immature, long Confirmed)>> OwedAsync(int poolId)
    {
        var owed = new Dictionary<long, (long Immature, long Confirmed)>();
        foreach (var (id, isImmature, balance) in await database.Source.RowsAsync(
            """
            SELECT account_id, kind = 'user_immature', balance FROM ledger_accounts
            WHERE pool_id = $1 AND kind IN ('user_immature', 'user_confirmed') AND balance <> 0
            """,
            [poolId],
            row => (row.GetInt64(0), row.GetBoolean(1), row.GetInt64(2)),
            default))
        {
            var (immature, confirmed) = owed.GetValueOrDefault(id);
            owed[id] = isImmature ? (balance, confirmed) : (immature, balance);
        }

        return owed;
    }
}
