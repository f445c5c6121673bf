using System.Globalization;
using System.Text.RegularExpressions;
using Dapper;
using Npgsql;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Notices;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Payouts;

/// <summary>A payout that is asked for.</summary>
public sealed record PayoutRequestBody(string? Account, string? Pool);

/// <summary>A request and what has become of it.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Pool">Of which pool's balance.</param>
/// <param name="Account">Whose.</param>
/// <param name="State">waiting, waits-for-approval, in-payout, sent, paid, cancelled.</param>
/// <param name="RequestedAt">When.</param>
/// <param name="Payout">The payout that took it; null while it waits.</param>
/// <param name="Txid">Of that.</param>
/// <param name="Amount">What that pays; while it waits, what it would pay now.</param>
public sealed record PayoutRequestAnswer(
    long Id, string Pool, string Account, string State, DateTimeOffset RequestedAt, long? Payout, string? Txid, Amount Amount)
{
    internal static PayoutRequestAnswer Of(PayoutRequest request, KnownPool? pool) => new(
        request.RequestId,
        pool?.Name ?? "",
        request.Account,
        pool is null ? request.State : request.StateNow(PayoutRules.Of(pool)),
        new DateTimeOffset(request.RequestedAt),
        request.PayoutId,
        request.Txid,
        Pools.Amount.Of(request.Amount, pool?.Coin.Decimals ?? 8));
}

/// <summary>What an account got in a payout of any pool.</summary>
public sealed record OwnPayoutAnswer(
    long Id,
    string Pool,
    string Account,
    string State,
    string? Txid,
    string Address,
    Amount Amount,
    Amount Fee,
    int Confirmations,
    DateTimeOffset Time,
    string? Explorer);

/// <summary>An account's balance of a coin in one pool.</summary>
public sealed record PoolBalanceAnswer(string Pool, Amount Immature, Amount Confirmed, Amount InFlight, Amount Paid);

/// <summary>An account's balance of a coin.</summary>
public sealed record CoinBalanceAnswer(
    string Account,
    string Coin,
    string Symbol,
    string Network,
    Amount Immature,
    Amount Confirmed,
    Amount InFlight,
    Amount Paid,
    IReadOnlyList<PoolBalanceAnswer> Pools);

/// <summary><c>/api/v1/payout</c>, <c>/payouts</c>, <c>/balance/{coin}</c>: of who is signed in.</summary>
internal static partial class PayoutRequestsApi
{
    public static void MapPayoutRequests(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api/v1").WithTags("Payouts");
        api.MapPost("/payout", Ask).Produces<PayoutRequestAnswer>(202).Produces<PayoutRequestAnswer>().NeedsLogin(Scopes.Write)
            .WithSummary("Asks to be paid now what is above the minimum; header Idempotency-Key");
        api.MapGet("/payout", Requests).Produces<Page<PayoutRequestAnswer>>().NeedsLogin().WithSummary("Your requests, newest first");
        api.MapDelete("/payout/{id:long}", Cancel).Produces(204).NeedsLogin(Scopes.Write).WithSummary("Withdraws a request that waits");
        api.MapGet("/payouts", Payouts).Produces<Page<OwnPayoutAnswer>>().NeedsLogin().WithSummary("Your payouts, newest first");
        api.MapGet("/balance/{coin}", Balance).Produces<CoinBalanceAnswer>().NeedsLogin().WithSummary("Your balance of a coin");
    }

    private static async Task<IResult> Ask(
        PayoutRequestBody body, HttpContext context, Claims claims, PoolBook pools, PayoutRequestBook book, CancellationToken cancel)
    {
        var key = context.Request.Headers["Idempotency-Key"].ToString();
        if (key.Length == 0)
            return Problems.Of(400, "idempotency-key-missing", "send a header Idempotency-Key that names this very request");
        if (!Key().IsMatch(key)) return Problems.Of(400, "idempotency-key-invalid", "Idempotency-Key has 1 to 64 of A-Z a-z 0-9 . _ -");
        var (own, problem) = await OwnAccount.FindAsync(body.Account, context.SignedIn(), claims, cancel);
        if (own is null) return problem!;
        var asked = body.Pool ?? (pools.All.Count == 1 ? pools.All.First().Name : "");
        if (pools.ByName(asked) is not { } pool) return PoolsApi.NoPool(asked, pools);
        if (pool.Config.Payouts is not { Enabled: true, Wallet: not null })
            return Problems.Of(409, "payouts-off", "this pool pays nothing at present");

        var outcome = await book.AskAsync(pool, own.AccountId, key, cancel);
        if (outcome.Request is { } request)
            return Results.Json(PayoutRequestAnswer.Of(request, pool), statusCode: outcome.IsNew ? 202 : 200);
        if (outcome.Code != "too-soon") return Problems.Of(409, outcome.Code!, Words(outcome.Code!, pool));

        var seconds = (long)Math.Ceiling(outcome.Wait.TotalSeconds);
        context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return Problems.Of(429, "too-soon", $"one payout on request in {pool.Config.Payouts.RequestHours} hours: again in {seconds} s");
    }

    private static string Words(string code, KnownPool pool) => code switch
    {
        "frozen" => "the operator has frozen the payouts of this account",
        "paused" => "payouts of this account are paused: end that first",
        "no-address" => $"the account has no address of {pool.Coin.Name} to be paid at",
        "request-waits" => "a request waits already",
        "idempotency-key-used" => "this Idempotency-Key was used for another pool",
        _ => "the balance is under the minimum of "
            + $"{CoinText.Short(PayoutRules.Of(pool).RequestMin, pool.Coin.Decimals)} {pool.Coin.Symbol}",
    };

    private static async Task<IResult> Requests(
        string? account, int? limit, string? cursor, HttpContext context, Claims claims, PoolBook pools, PayoutRequestBook book,
        CancellationToken cancel)
    {
        if (!Paging.TryLimit(limit, out var most, out var problem) || !Cursor.TryRead(cursor, 1, out var key, out problem)) return problem!;
        var (accounts, none) = await Accounts(account, context.SignedIn(), claims, cancel);
        if (accounts is null) return none!;
        var rows = await book.OfAsync(accounts, key?[0], most, cancel);
        return Results.Ok(Page.Of(rows, most, row => PayoutRequestAnswer.Of(row, pools.ById(row.PoolId)), row => row.RequestId));
    }

    private static async Task<IResult> Cancel(
        long id, HttpContext context, Claims claims, PayoutRequestBook book, CancellationToken cancel)
    {
        if (await book.FindAsync(id, cancel) is not { } request
            || !await claims.OwnsAsync(context.SignedIn(), request.AccountId, cancel))
            return Problems.Of(404, "no-request", "you have no request of that number");
        return await book.CancelAsync(id, cancel)
            ? Results.NoContent()
            : Problems.Of(409, "too-late", "it is in a payout already, or withdrawn");
    }

    private static async Task<IResult> Payouts(
        string? account, string? pool, int? limit, string? cursor, HttpContext context, Claims claims, PoolBook pools,
        NpgsqlDataSource database, CancellationToken cancel)
    {
        if (!Paging.TryLimit(limit, out var most, out var problem) || !Cursor.TryRead(cursor, 2, out var key, out problem)) return problem!;
        if (pool is not null && pools.ByName(pool) is null) return PoolsApi.NoPool(pool, pools);
        var (accounts, none) = await Accounts(account, context.SignedIn(), claims, cancel);
        if (accounts is null) return none!;

        int[] ids = [.. pools.All.Where(p => pool is null || p.Name == pool).Select(p => p.PoolId)];
        await using var connection = await database.OpenConnectionAsync(cancel);
        var rows = (await connection.QueryAsync<OwnLine>(
            """
            SELECT p.payout_id, p.pool_id, l.account_id, a.name AS account, p.state, p.txid, l.address, l.amount, l.fee, p.confirmations,
                   p.created_at
            FROM payout_lines l JOIN payouts p USING (payout_id) JOIN accounts a USING (account_id)
            WHERE l.account_id = ANY(@accounts) AND p.pool_id = ANY(@ids)
              AND (@payout::bigint IS NULL OR (p.payout_id, l.account_id) < (@payout, @after))
            ORDER BY p.payout_id DESC, l.account_id DESC LIMIT @most
            """,
            new { accounts, ids, payout = key?[0], after = key?[1], most })).AsList();
        var next = rows.Count < most ? null : Cursor.Of(rows[^1].PayoutId, rows[^1].AccountId);
        return Results.Ok(new Page<OwnPayoutAnswer>(rows.ConvertAll(row => row.Answer(pools.ById(row.PoolId)!)), next));
    }

    private static async Task<IResult> Balance(
        string coin, string? account, string? network, HttpContext context, Claims claims, PoolBook pools, NpgsqlDataSource database,
        CancellationToken cancel)
    {
        var (own, problem) = await OwnAccount.FindAsync(account, context.SignedIn(), claims, cancel);
        if (own is null || !PayoutSettingsApi.TryCoin(coin, network, pools, out var paid, out problem)) return problem!;
        await using var connection = await database.OpenConnectionAsync(cancel);
        var balances = (await connection.QueryAsync<BalanceRow>(
            """
            SELECT p.pool_id,
                   coalesce((SELECT balance FROM ledger_accounts l
                             WHERE l.pool_id = p.pool_id AND l.account_id = @AccountId AND l.kind = 'user_immature'), 0) AS immature,
                   coalesce((SELECT balance FROM ledger_accounts l
                             WHERE l.pool_id = p.pool_id AND l.account_id = @AccountId AND l.kind = 'user_confirmed'), 0) AS confirmed,
                   coalesce(sum(x.amount) FILTER (WHERE y.state IN ('prepared', 'signed', 'broadcast')), 0)::bigint AS in_flight,
                   coalesce(sum(x.amount - x.fee) FILTER (WHERE y.state = 'confirmed'), 0)::bigint AS paid
            FROM pools p
            LEFT JOIN payouts y ON y.pool_id = p.pool_id
                AND y.payout_id IN (SELECT payout_id FROM payout_lines WHERE account_id = @AccountId)
            LEFT JOIN payout_lines x ON x.payout_id = y.payout_id AND x.account_id = @AccountId
            WHERE p.pool_id = ANY(@ids) GROUP BY p.pool_id ORDER BY p.pool_id
            """,
            new { own.AccountId, ids = paid!.Pools.Select(p => p.PoolId).ToArray() })).AsList();
        return Results.Ok(new CoinBalanceAnswer(
            own.Name,
            paid.Coin,
            paid.Symbol,
            paid.Network,
            Sum(row => row.Immature),
            Sum(row => row.Confirmed),
            Sum(row => row.InFlight),
            Sum(row => row.Paid),
            balances.ConvertAll(row => row.Answer(pools.ById(row.PoolId)!.Name, paid.Decimals))));

        Amount Sum(Func<BalanceRow, long> part) => Amount.Of(balances.Sum(part), paid.Decimals);
    }

    private static async Task<(long[]? Accounts, IResult? Problem)> Accounts(
        string? name, Caller caller, Claims claims, CancellationToken cancel)
    {
        if (name is null) return ([.. (await claims.OfAsync(caller.LoginId, cancel)).Select(account => account.AccountId)], null);
        var (own, problem) = await OwnAccount.FindAsync(name, caller, claims, cancel);
        return own is null ? (null, problem) : ([own.AccountId], null);
    }

    [GeneratedRegex(@"^[A-Za-z0-9._-]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Key();

    private sealed record BalanceRow
    {
        public int PoolId { get; init; }

        public long Immature { get; init; }

        public long Confirmed { get; init; }

        public long InFlight { get; init; }

        public long Paid { get; init; }

        public PoolBalanceAnswer Answer(string pool, int decimals) => new(
            pool, Amount.Of(Immature, decimals), Amount.Of(Confirmed, decimals), Amount.Of(InFlight, decimals), Amount.Of(Paid, decimals));
    }

    private sealed record OwnLine
    {
        public long PayoutId { get; init; }

        public int PoolId { get; init; }

        public long AccountId { get; init; }

        public string Account { get; init; } = "";

        public string State { get; init; } = "";

        public string? Txid { get; init; }

        public string Address { get; init; } = "";

        public long Amount { get; init; }

        public long Fee { get; init; }

        public int Confirmations { get; init; }

        public DateTime CreatedAt { get; init; }

        public OwnPayoutAnswer Answer(KnownPool pool) => new(
            PayoutId,
            pool.Name,
            Account,
            State,
            Txid,
            Address,
            Pools.Amount.Of(Amount, pool.Coin.Decimals),
            Pools.Amount.Of(Fee, pool.Coin.Decimals),
            Confirmations,
            new DateTimeOffset(CreatedAt),
            PoolsApi.Link(PoolsApi.TransactionPage(pool), "txid", Txid));
    }
}
