using Npgsql;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Notices;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Shares;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Payouts;

/// <summary>Why an operator does it; goes into the audit log.</summary>
public sealed record ReasonBody(string? Reason);

/// <summary>Which change of address an operator cancels.</summary>
public sealed record AdminCancelBody(string? Coin, string? Network, string? Reason);

/// <summary>Lets a large line go.</summary>
/// <param name="Pool">Of which pool.</param>
/// <param name="Account">Whose.</param>
/// <param name="Amount">Up to this, decimal of coins; left out: its balance now.</param>
/// <param name="Reason">Why.</param>
public sealed record ApproveBody(string? Pool, string? Account, string? Amount, string? Reason);

/// <summary>What was approved.</summary>
public sealed record ApprovedAnswer(string Pool, string Account, string Address, Amount Amount);

/// <summary>An account that is owed enough and what it waits for.</summary>
/// <param name="Pool">The pool.</param>
/// <param name="Account">The account.</param>
/// <param name="AccountId">Its number.</param>
/// <param name="Amount">Its balance.</param>
/// <param name="Address">Where it is paid; null: nowhere yet.</param>
/// <param name="Why">approval, frozen, pool-frozen, paused, no-address, schedule, next-round.</param>
/// <param name="Requested">True where it has asked for it.</param>
public sealed record WaitingAnswer(
    string Pool, string Account, long AccountId, Amount Amount, string? Address, string Why, bool Requested);

/// <summary>A payout as an operator sees it.</summary>
/// <param name="Pool">The pool.</param>
/// <param name="Frozen">True: it is not signed until it is released.</param>
/// <param name="FrozenReason">Why.</param>
/// <param name="Payout">What everybody sees.</param>
public sealed record AdminPayoutAnswer(string Pool, bool Frozen, string? FrozenReason, PayoutAnswer Payout);

/// <summary>Something frozen, now or once.</summary>
public sealed record HoldAnswer(
    long Id,
    string Kind,
    string Subject,
    string Reason,
    string By,
    DateTimeOffset Since,
    string? ReleasedBy,
    DateTimeOffset? ReleasedAt,
    string? ReleaseReason)
{
    internal static HoldAnswer Of(Hold hold) => new(
        hold.HoldId,
        hold.Kind,
        hold.Subject,
        hold.Reason,
        hold.SetBy,
        new DateTimeOffset(hold.SetAt),
        hold.ReleasedBy,
        hold.ReleasedAt is { } at ? new DateTimeOffset(at) : null,
        hold.ReleaseReason);
}

/// <summary><c>/api/v1/admin/payouts</c> and what is beside it: the operator's decisions. Support may look.</summary>
internal static class PayoutAdminApi
{
    private const int ReasonMin = 3;
    private const int ReasonMax = 200;

    public static void MapPayoutAdmin(this IEndpointRouteBuilder routes)
    {
        var admin = routes.MapGroup("/api/v1/admin").WithTags("Operator");
        admin.MapGet("/payouts", Payouts).Produces<Page<AdminPayoutAnswer>>().NeedsRole(Role.Support).WithSummary("Payouts of all pools");
        admin.MapGet("/payouts/waiting", Waiting).Produces<Page<WaitingAnswer>>().NeedsRole(Role.Support)
            .WithSummary("Accounts that are owed enough, and what they wait for");
        admin.MapGet("/holds", Holds).Produces<Page<HoldAnswer>>().NeedsRole(Role.Support).WithSummary("What is frozen");
        admin.MapPost("/payouts/approve", Approve).Produces<ApprovedAnswer>().NeedsRole(Role.Operator, Scopes.Write)
            .WithSummary("Lets one payout above the bound go, up to a sum");
        admin.MapPost("/payouts/{id:long}/freeze", FreezePayout).Produces<HoldAnswer>().NeedsRole(Role.Operator, Scopes.Write)
            .WithSummary("Keeps a payout from being signed");
        admin.MapPost("/payouts/{id:long}/release", ReleasePayout).Produces<HoldAnswer>().NeedsRole(Role.Operator, Scopes.Write)
            .WithSummary("Lets it go on");
        admin.MapPost("/payouts/{id:long}/cancel", CancelPayout).Produces(204).NeedsRole(Role.Operator, Scopes.Write)
            .WithSummary("Gives up a payout that is not signed; its lines go back into the balances");
        admin.MapPost("/pools/{id}/payouts/freeze", FreezePool).Produces<HoldAnswer>().NeedsRole(Role.Operator, Scopes.Write)
            .WithSummary("Nothing more is prepared or signed for a pool");
        admin.MapPost("/pools/{id}/payouts/release", ReleasePool).Produces<HoldAnswer>().NeedsRole(Role.Operator, Scopes.Write)
            .WithSummary("Payouts of a pool go on");
        admin.MapPost("/accounts/{name}/freeze", FreezeAccount).Produces<HoldAnswer>().NeedsRole(Role.Operator, Scopes.Write)
            .WithSummary("An account is paid by no pool, and its address does not change");
        admin.MapPost("/accounts/{name}/release", ReleaseAccount).Produces<HoldAnswer>().NeedsRole(Role.Operator, Scopes.Write)
            .WithSummary("Payouts of an account go on");
        admin.MapPost("/accounts/{name}/address-change/cancel", CancelChange).Produces(204).NeedsRole(Role.Operator, Scopes.Write)
            .WithSummary("Keeps an account's old payout address");
    }

    private static async Task<IResult> Payouts(
        string? pool, int? limit, string? cursor, PoolBook pools, NpgsqlDataSource database, CancellationToken cancel)
    {
        if (!Paging.TryLimit(limit, out var most, out var problem) || !Cursor.TryRead(cursor, 1, out var key, out problem)) return problem!;
        if (pool is not null && pools.ByName(pool) is null) return PoolsApi.NoPool(pool, pools);
        var rows = await PayoutAdminQueries.Payouts(database, Ids(pool, pools), key?[0], most, cancel);
        return Results.Ok(Page.Of(
            rows,
            most,
            row =>
            {
                var of = pools.ById(row.PoolId)!;
                var answer = row.Answer(of.Coin.Decimals, PoolsApi.TransactionPage(of));
                return new AdminPayoutAnswer(of.Name, row.FrozenReason is not null, row.FrozenReason, answer);
            },
            row => row.PayoutId));
    }

    private static async Task<IResult> Waiting(
        string? pool, int? limit, string? cursor, PoolBook pools, NpgsqlDataSource database, TimeProvider time, CancellationToken cancel)
    {
        if (!Paging.TryLimit(limit, out var most, out var problem) || !Cursor.TryRead(cursor, 2, out var key, out problem)) return problem!;
        if (pool is not null && pools.ByName(pool) is null) return PoolsApi.NoPool(pool, pools);

        // Pool by pool in the order of their numbers; a page ends where it is full.
        var items = new List<WaitingAnswer>();
        var last = (PoolId: 0, AccountId: 0L);
        foreach (var of in pools.All.Where(p => pool is null || p.Name == pool).OrderBy(p => p.PoolId))
        {
            if (items.Count == most || of.PoolId < (key?[0] ?? 0)) continue;
            var after = key is [var at, var account] && at == of.PoolId ? account : 0;
            var rows = await PayoutAdminQueries.Waiting(database, new PayoutPool(of), time.GetUtcNow(), after, most - items.Count, cancel);
            foreach (var row in rows) items.Add(row.Answer(of));
            if (rows.Count > 0) last = (of.PoolId, rows[^1].AccountId);
        }

        return Results.Ok(new Page<WaitingAnswer>(items, items.Count < most ? null : Cursor.Of(last.PoolId, last.AccountId)));
    }

    private static async Task<IResult> Holds(bool? all, int? limit, string? cursor, PayoutHoldBook book, CancellationToken cancel)
    {
        if (!Paging.TryLimit(limit, out var most, out var problem) || !Cursor.TryRead(cursor, 1, out var key, out problem)) return problem!;
        var rows = await book.ListAsync(all ?? false, key?[0], most, cancel);
        return Results.Ok(Page.Of(rows, most, HoldAnswer.Of, row => row.HoldId));
    }

    private static async Task<IResult> Approve(
        ApproveBody body, HttpContext context, PoolBook pools, MinerQueries miners, PayoutHoldBook book, PayoutSettingsBook settings,
        NpgsqlDataSource database, CancellationToken cancel)
    {
        if (!TryReason(body.Reason, out var reason, out var problem)) return problem!;
        if (pools.ByName(body.Pool ?? "") is not { } pool) return PoolsApi.NoPool(body.Pool ?? "", pools);
        var name = StratumName.Parse(body.Account ?? "").Account;
        if (await miners.AccountId(name) is not { } accountId) return NoAccount();
        var (now, _) = await settings.OfAsync(accountId, new PaidCoin([pool]), cancel);
        if (now.Address is not { } address) return Problems.Of(409, "no-address", "the account has no address to be paid at");

        await using var connection = await database.OpenConnectionAsync(cancel);
        var upTo = await Money.Ledger.BalanceAsync(connection, pool.PoolId, Money.LedgerKind.UserConfirmed, accountId, cancel);
        if (body.Amount is { } text && !CoinText.TryParse(text, pool.Coin.Decimals, out upTo))
            return Problems.Of(400, "amount-invalid", "amount must be coins as a decimal text: \"1.5\"");
        var least = PayoutRules.Of(pool).ThresholdMin;
        if (upTo < least)
            return Problems.Of(400, "amount-invalid", $"the amount must be at least {CoinText.Short(least, pool.Coin.Decimals)}");

        await book.ApproveAsync(pool, accountId, name, address, upTo, reason, context.Actor(), cancel);
        return Results.Ok(new ApprovedAnswer(pool.Name, name, address, Amount.Of(upTo, pool.Coin.Decimals)));
    }

    private static async Task<IResult> FreezePayout(
        long id, ReasonBody body, HttpContext context, PayoutStore store, PayoutHoldBook book, CancellationToken cancel) =>
        await store.Find(id) is null ? NoPayout() : await Freeze(HoldSubject.Payout(id), body, context, book, cancel);

    private static async Task<IResult> ReleasePayout(
        long id, ReasonBody body, HttpContext context, PayoutStore store, PayoutHoldBook book, CancellationToken cancel) =>
        await store.Find(id) is null ? NoPayout() : await Release(HoldSubject.Payout(id), body, context, book, cancel);

    private static async Task<IResult> CancelPayout(long id, ReasonBody body, HttpContext context, PayoutStore store, PayoutHoldBook book)
    {
        if (!TryReason(body.Reason, out var reason, out var problem)) return problem!;
        if (await store.Find(id) is null) return NoPayout();
        return await book.GiveUpAsync(await store.PoolOf(id), id, reason, context.Actor()) ? Results.NoContent() : AlreadySigned();
    }

    private static async Task<IResult> FreezePool(
        string id, ReasonBody body, HttpContext context, PoolBook pools, PayoutHoldBook book, CancellationToken cancel) =>
        pools.ByName(id) is { } pool ? await Freeze(HoldSubject.Pool(pool), body, context, book, cancel) : PoolsApi.NoPool(id, pools);

    private static async Task<IResult> ReleasePool(
        string id, ReasonBody body, HttpContext context, PoolBook pools, PayoutHoldBook book, CancellationToken cancel) =>
        pools.ByName(id) is { } pool ? await Release(HoldSubject.Pool(pool), body, context, book, cancel) : PoolsApi.NoPool(id, pools);

    private static async Task<IResult> FreezeAccount(
        string name, ReasonBody body, HttpContext context, MinerQueries miners, PayoutHoldBook book, CancellationToken cancel)
    {
        var account = StratumName.Parse(name).Account;
        return await miners.AccountId(account) is { } accountId
            ? await Freeze(HoldSubject.Account(accountId, account), body, context, book, cancel)
            : NoAccount();
    }

    private static async Task<IResult> ReleaseAccount(
        string name, ReasonBody body, HttpContext context, MinerQueries miners, PayoutHoldBook book, CancellationToken cancel)
    {
        var account = StratumName.Parse(name).Account;
        return await miners.AccountId(account) is { } accountId
            ? await Release(HoldSubject.Account(accountId, account), body, context, book, cancel)
            : NoAccount();
    }

    private static async Task<IResult> CancelChange(
        string name, AdminCancelBody body, HttpContext context, PoolBook pools, MinerQueries miners, AddressChanges changes,
        CancellationToken cancel)
    {
        if (!TryReason(body.Reason, out var reason, out var problem)) return problem!;
        if (!PayoutSettingsApi.TryCoin(body.Coin, body.Network, pools, out var coin, out problem)) return problem!;
        if (await miners.AccountId(StratumName.Parse(name).Account) is not { } accountId) return NoAccount();
        return await changes.CancelAsync(accountId, coin!.Coin, coin.Network, context.Actor(), reason, cancel)
            ? Results.NoContent()
            : Problems.Of(404, "no-change", "no change of that account's address waits");
    }

    private static async Task<IResult> Freeze(
        HoldSubject subject, ReasonBody body, HttpContext context, PayoutHoldBook book, CancellationToken cancel)
    {
        if (!TryReason(body.Reason, out var reason, out var problem)) return problem!;
        var (hold, refusal) = await book.FreezeAsync(subject, reason, context.Actor(), cancel);
        if (hold is not null) return Results.Ok(HoldAnswer.Of(hold));
        return refusal == "already-signed" ? AlreadySigned() : Problems.Of(409, "already-frozen", "it is frozen already");
    }

    private static async Task<IResult> Release(
        HoldSubject subject, ReasonBody body, HttpContext context, PayoutHoldBook book, CancellationToken cancel)
    {
        if (!TryReason(body.Reason, out var reason, out var problem)) return problem!;
        return await book.ReleaseAsync(subject, reason, context.Actor(), cancel) is { } hold
            ? Results.Ok(HoldAnswer.Of(hold))
            : Problems.Of(409, "not-frozen", "it is not frozen");
    }

    private static int[] Ids(string? pool, PoolBook pools) =>
        [.. pools.All.Where(p => pool is null || p.Name == pool).Select(p => p.PoolId)];

    private static bool TryReason(string? text, out string reason, out IResult? problem)
    {
        reason = (text ?? "").Trim();
        problem = PlainText.IsGood(reason, ReasonMax, ReasonMin)
            ? null
            : Problems.Of(400, "reason-missing", $"say why in {ReasonMin} to {ReasonMax} characters: it goes into the audit log");
        return problem is null;
    }

    private static IResult NoAccount() => Problems.Of(404, "no-account", "there is no account of that name");

    private static IResult NoPayout() => Problems.Of(404, "no-payout", "there is no payout of that number");

    private static IResult AlreadySigned() => Problems.Of(
        409, "already-signed", "it is not 'prepared' any more: what is signed may be on the network, and only the chain can end it");
}
