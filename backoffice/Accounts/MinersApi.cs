using Viddhana.Backoffice.Payouts;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Pools.Figures;
using Viddhana.Backoffice.Pools.Sharing;
using Viddhana.Backoffice.Shares;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Accounts;

/// <summary>The read-only API about accounts: <c>/api/v1/pools/{id}/miners</c> and <c>/api/v1/miners</c>.</summary>
internal static class MinersApi
{
    private const string Of = "/{id}/miners/{address}";

    public static void MapMiners(this RouteGroupBuilder pools)
    {
        pools.MapGet("/{id}/miners", Miners).Produces<Page<MinerRowAnswer>>().ProducesProblem(400).ProducesProblem(404)
            .WithSummary("Accounts with shares within a day or a balance (sort: hashrate, balance)").Shared(3, "limit", "cursor", "sort");
        pools.MapGet("/{id}/balances", Balances).Produces<Page<MinerRowAnswer>>().ProducesProblem(400).ProducesProblem(404)
            .WithSummary("The same accounts, largest balance first").Shared(3, "limit", "cursor");
        pools.MapGet(Of, Miner).Produces<MinerAnswer>().ProducesProblem(404)
            .WithSummary("One account: hash rates, rigs by state, balances, its next payout").Shared(3);
        pools.MapGet(Of + "/hashrate", Hashrate).Produces<IReadOnlyList<HashratePoint>>().ProducesProblem(400).ProducesProblem(404)
            .WithSummary("Its hash rate over time, or that of one rig (period: 1h, 6h, 1d, 7d, 30d, 90d)").Shared(10, "period", "worker");
        pools.MapGet(Of + "/shares", Shares).Produces<SharesAnswer>().ProducesProblem(400).ProducesProblem(404)
            .WithSummary("Its shares by result over time, or those of one rig").Shared(10, "period", "worker");
        pools.MapGet(Of + "/balances", MinerBalances).Produces<MinerBalanceAnswer>().ProducesProblem(404)
            .WithSummary("Its balances and newest credits").Shared(2);
        pools.MapGet(Of + "/credits", Credits).Produces<Page<CreditAnswer>>().ProducesProblem(400).ProducesProblem(404)
            .WithSummary("What blocks credit to it, newest first").Shared(2, "limit", "cursor");
        pools.MapGet(Of + "/payouts", MinerPayouts).Produces<Page<MinerPayoutAnswer>>().ProducesProblem(400).ProducesProblem(404)
            .WithSummary("Its payouts, newest first").Shared(2, "limit", "cursor");
        pools.MapGet(Of + "/blocks", MinerBlocks).Produces<Page<BlockAnswer>>().ProducesProblem(400).ProducesProblem(404)
            .WithSummary("Blocks that it found, newest first").Shared(2, "limit", "cursor");
    }

    /// <summary>The account of a pool that a path names, or the problem.</summary>
    public static async Task<(Subject? Subject, IResult? Problem)> Find(string id, string address, PoolBook all, MinerQueries queries)
    {
        if (all.ByName(id) is not { } pool) return (null, PoolsApi.NoPool(id, all));
        var (account, problem) = await FindAccount(address, queries);
        return (account is null ? null : new Subject(pool, account), problem);
    }

    /// <summary>The account of a name, or the problem.</summary>
    public static async Task<(AccountRow? Account, IResult? Problem)> FindAccount(string address, MinerQueries queries)
    {
        const int NameMax = 191;
        if (address.Length > NameMax || address.Contains('\0', StringComparison.Ordinal))
            return (null, Problems.Of(400, "bad-request", $"an account's name has at most {NameMax} characters and no NUL"));
        // As the consumer reads names: an address in capitals is the account in small letters.
        return await queries.Account(StratumName.Parse(address).Account) is { } account
            ? (account, null)
            : (null, Problems.Of(404, "no-account", "no account of that name has sent a share"));
    }

    /// <summary>Rows of a board as the API gives them.</summary>
    public static async Task<List<MinerRowAnswer>> Answers(Board board, IReadOnlyList<BoardRow> rows, KnownPool pool, MinerQueries queries)
    {
        long[] ids = [.. rows.Select(row => row.AccountId)];
        var names = await queries.Names(ids);
        var last = await queries.LastShares(ids);
        return [.. rows.Select(Answer)];

        MinerRowAnswer Answer(BoardRow row)
        {
            var now = board.Activity.Window(row.Recent?.Recent, 1);
            var lastMs = Math.Max(row.Recent?.Recent.LastShareMs ?? 0, last.GetValueOrDefault(row.AccountId));
            return new MinerRowAnswer(
                names.GetValueOrDefault(row.AccountId, ""),
                now.Hashrate,
                row.Recent?.Active ?? 0,
                row.Day.Shares,
                lastMs > 0 ? DateTimeOffset.FromUnixTimeMilliseconds(lastMs) : null,
                new BalanceAnswer(Amount.Of(row.Immature, pool.Coin.Decimals), Amount.Of(row.Confirmed, pool.Coin.Decimals)),
                now.Error);
        }
    }

    private static Task<IResult> Miners(
        string id, int? limit, string? cursor, string? sort, PoolBook all, MinerBoard boards, MinerQueries queries) => sort switch
        {
            null or "hashrate" => PageOfBoard(id, limit, cursor, board => board.ByRate, Board.RateKey, all, boards, queries),
            "balance" => PageOfBoard(id, limit, cursor, board => board.ByBalance, Board.BalanceKey, all, boards, queries),
            _ => Task.FromResult(Problems.Of(400, "bad-sort", $"sort must be hashrate or balance, not '{Problems.Shown(sort)}'")),
        };

    private static Task<IResult> Balances(
        string id, int? limit, string? cursor, PoolBook all, MinerBoard boards, MinerQueries queries) =>
        PageOfBoard(id, limit, cursor, board => board.ByBalance, Board.BalanceKey, all, boards, queries);

    private static async Task<IResult> PageOfBoard(
        string id,
        int? limit,
        string? cursor,
        Func<Board, BoardRow[]> rowsOf,
        Func<BoardRow, long> key,
        PoolBook all,
        MinerBoard boards,
        MinerQueries queries)
    {
        if (all.ByName(id) is not { } pool) return PoolsApi.NoPool(id, all);
        if (!Paging.TryLimit(limit, out var most, out var problem) || !Cursor.TryRead(cursor, 2, out var after, out problem))
            return problem!;

        var board = await boards.GetAsync(pool);
        List<BoardRow> rows = [.. Board.After(rowsOf(board), after, key).Take(most)];
        var next = rows.Count < most ? null : Cursor.Of(key(rows[^1]), rows[^1].AccountId);
        return Results.Ok(new Page<MinerRowAnswer>(await Answers(board, rows, pool, queries), next));
    }

    private static async Task<IResult> Miner(string id, string address, PoolBook all, MinerQueries queries, MinerFigures figures)
    {
        var (subject, problem) = await Find(id, address, all, queries);
        return subject is null ? problem! : Results.Ok(await figures.Miner(subject));
    }

    private static async Task<IResult> Hashrate(
        string id,
        string address,
        string? period,
        string? worker,
        PoolBook all,
        MinerQueries queries,
        SeriesQueries series,
        ViddhanaConfig config,
        TimeProvider time)
    {
        var (asked, problem) = await Series(id, address, period, worker, all, queries, config);
        if (asked is not var (of, chosen)) return problem!;
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        return Results.Ok(chosen.Hashrates(await series.Read(of, chosen.FromMs(nowMs), chosen.BucketMs, nowMs), nowMs));
    }

    private static async Task<IResult> Shares(
        string id,
        string address,
        string? period,
        string? worker,
        PoolBook all,
        MinerQueries queries,
        SeriesQueries series,
        ViddhanaConfig config,
        TimeProvider time)
    {
        var (asked, problem) = await Series(id, address, period, worker, all, queries, config);
        if (asked is not var (of, chosen)) return problem!;
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        return Results.Ok(chosen.Shares(await series.Read(of, chosen.FromMs(nowMs), chosen.BucketMs, nowMs), nowMs));
    }

    /// <summary>Whose series is asked for, and over which period.</summary>
    private static async Task<((SeriesOf Of, SeriesPeriod Period)? Asked, IResult? Problem)> Series(
        string id, string address, string? period, string? worker, PoolBook all, MinerQueries queries, ViddhanaConfig config)
    {
        if (!SeriesPeriod.TryParse(period, config.Backoffice.SliceSeconds, out var chosen, out var problem)) return (null, problem);
        (var subject, problem) = await Find(id, address, all, queries);
        if (subject is null) return (null, problem);
        if (worker is null) return ((new SeriesOf(subject.PoolId, subject.AccountId), chosen), null);
        return await queries.RigId(subject.AccountId, worker.Replace('\0', '\uFFFD')) is { } workerId
            ? ((new SeriesOf(subject.PoolId, subject.AccountId, workerId), chosen), null)
            : (null, Problems.Of(404, "no-worker", $"the account has no rig '{Problems.Shown(worker)}'"));
    }

    private static async Task<IResult> MinerBalances(string id, string address, PoolBook all, MinerQueries queries)
    {
        var (subject, problem) = await Find(id, address, all, queries);
        if (subject is null) return problem!;
        var owed = await queries.Owed(subject.Pool, subject.AccountId);
        var credits = await queries.Credits(subject.PoolId, subject.AccountId, null, 100);
        var decimals = subject.Pool.Coin.Decimals;
        return Results.Ok(new MinerBalanceAnswer(
            subject.Account.Name,
            new BalanceAnswer(Amount.Of(owed.Immature, decimals), Amount.Of(owed.Confirmed, decimals)),
            Amount.Of(owed.Paid, decimals),
            [.. credits.Select(credit => Credit(credit, decimals))])
        {
            Threshold = Amount.Of(owed.ThresholdOf(subject.Pool), decimals),
        });
    }

    private static async Task<IResult> Credits(
        string id, string address, int? limit, string? cursor, PoolBook all, MinerQueries queries)
    {
        if (!Paging.TryLimit(limit, out var most, out var problem) || !Cursor.TryRead(cursor, 1, out var before, out problem))
            return problem!;
        (var subject, problem) = await Find(id, address, all, queries);
        if (subject is null) return problem!;
        var rows = await queries.Credits(subject.PoolId, subject.AccountId, before?[0], most);
        return Results.Ok(Page.Of(rows, most, row => Credit(row, subject.Pool.Coin.Decimals), row => row.BlockId));
    }

    private static CreditAnswer Credit(CreditRow row, int decimals) => new(row.Height, row.Hash, row.State, Amount.Of(row.Amount, decimals))
    {
        Time = DateTimeOffset.FromUnixTimeMilliseconds(row.ShareMs),
    };

    private static async Task<IResult> MinerPayouts(
        string id, string address, int? limit, string? cursor, PoolBook all, MinerQueries queries, PayoutQueries payouts)
    {
        if (!Paging.TryLimit(limit, out var most, out var problem) || !Cursor.TryRead(cursor, 1, out var before, out problem))
            return problem!;
        (var subject, problem) = await Find(id, address, all, queries);
        if (subject is null) return problem!;
        var explorer = PoolsApi.TransactionPage(subject.Pool);
        var rows = await payouts.OfAccount(subject.PoolId, subject.AccountId, before?[0], most);
        return Results.Ok(Page.Of(rows, most, row => row.Answer(subject.Pool.Coin.Decimals, explorer), row => row.PayoutId));
    }

    private static async Task<IResult> MinerBlocks(
        string id, string address, int? limit, string? cursor, PoolBook all, MinerQueries queries, PoolQueries pools)
    {
        if (!Paging.TryLimit(limit, out var most, out var problem) || !Cursor.TryRead(cursor, 1, out var before, out problem))
            return problem!;
        (var subject, problem) = await Find(id, address, all, queries);
        if (subject is null) return problem!;
        var rows = await pools.Blocks(subject.PoolId, before?[0], most, accountId: subject.AccountId);
        var explorer = PoolsApi.BlockPage(subject.Pool);
        return Results.Ok(Page.Of(rows, most, row => PoolsApi.Block(row, subject.Pool.Coin, explorer), row => row.BlockId));
    }
}
