using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Notices;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Payouts;

/// <summary>Another payout address that waits.</summary>
public sealed record AddressChangeAnswer(long Id, string? From, string To, DateTimeOffset RequestedAt, DateTimeOffset Due)
{
    internal static AddressChangeAnswer? Of(AddressChange? change) => change is null
        ? null
        : new(
            change.ChangeId,
            change.OldAddress,
            change.NewAddress,
            new DateTimeOffset(change.RequestedAt),
            new DateTimeOffset(change.DueAt));

    /// <summary>For pages that everybody sees.</summary>
    internal AddressChangeAnswer Shortened() => this with
    {
        From = From is null ? null : AddressChanges.Shortened(From),
        To = AddressChanges.Shortened(To),
    };
}

/// <summary>How an account is paid in a coin, and what may be set.</summary>
public sealed record PayoutSettingsAnswer
{
    /// <summary>Name of the account.</summary>
    public required string Account { get; init; }

    /// <summary>Name of the coin.</summary>
    public required string Coin { get; init; }

    /// <summary>Its ticker.</summary>
    public required string Symbol { get; init; }

    /// <summary>Its network.</summary>
    public required string Network { get; init; }

    /// <summary>The address in force; null: none.</summary>
    public required string? Address { get; init; }

    /// <summary>From which balance on it is paid.</summary>
    public required Amount Threshold { get; init; }

    /// <summary>Smallest that may be set.</summary>
    public required Amount ThresholdMin { get; init; }

    /// <summary>Largest that may be set.</summary>
    public required Amount ThresholdMax { get; init; }

    /// <summary>False: it is the pool's.</summary>
    public required bool OwnThreshold { get; init; }

    /// <summary>auto, daily, weekly, manual.</summary>
    public required string Schedule { get; init; }

    /// <summary>What may be set.</summary>
    public required IReadOnlyList<string> Schedules { get; init; }

    /// <summary>True: nothing is paid until it is false again.</summary>
    public required bool Paused { get; init; }

    /// <summary>True: the operator has frozen the account.</summary>
    public required bool Frozen { get; init; }

    /// <summary>Smallest balance that is paid on request.</summary>
    public required Amount RequestMin { get; init; }

    /// <summary>Hours until another address comes into force.</summary>
    public required double DelayHours { get; init; }

    /// <summary>Another address that waits; null: none.</summary>
    public required AddressChangeAnswer? Change { get; init; }

    /// <summary>What a change has to be proven by.</summary>
    public required ProofNeed Proof { get; init; }
}

/// <summary>Wishes; null leaves a thing as it is.</summary>
/// <param name="Account">May be left out where the login has one.</param>
/// <param name="Coin">Name or symbol.</param>
/// <param name="Network">May be left out where the coin is on one.</param>
/// <param name="Address">Another payout address.</param>
/// <param name="Threshold">Decimal of coins, or <c>default</c>: the pool's again.</param>
/// <param name="Schedule">auto, daily, weekly, manual.</param>
/// <param name="Paused">True: pay nothing.</param>
/// <param name="Proof">Of ownership, for this very change.</param>
public sealed record PayoutSettingsBody(
    string? Account, string? Coin, string? Network, string? Address, string? Threshold, string? Schedule, bool? Paused, Proof? Proof);

/// <summary>What a change would be.</summary>
/// <param name="Detail">What the wallet signs: ask for a challenge with it.</param>
/// <param name="Proof">What has to prove it.</param>
/// <param name="Due">When a new address would come into force; null: nothing waits.</param>
/// <param name="Settings">As they are now.</param>
public sealed record PayoutPreviewAnswer(string Detail, ProofNeed Proof, DateTimeOffset? Due, PayoutSettingsAnswer Settings);

/// <summary>Which change is to be cancelled: of an account of the caller's, or the one that a notice gave a code for.</summary>
public sealed record CancelChangeBody(string? Account, string? Coin, string? Network, string? Code);

/// <summary>The change is cancelled.</summary>
public sealed record CancelledAnswer(bool Cancelled);

/// <summary><c>/api/v1/payout-settings</c>: how an owner is paid. An open session is not enough to change it.</summary>
internal static class PayoutSettingsApi
{
    private const string Purpose = "payout-settings";
    private const int DetailMax = 100;
    private const int CodeLength = 32;

    public static void MapPayoutSettings(this IEndpointRouteBuilder routes)
    {
        var settings = routes.MapGroup("/api/v1/payout-settings").WithTags("Payouts");
        settings.MapGet("/", List).Produces<Page<PayoutSettingsAnswer>>().NeedsLogin().WithSummary("How your account is paid, by coin");
        settings.MapPost("/preview", Preview).Produces<PayoutPreviewAnswer>().NeedsLogin(Scopes.Write, sessionOnly: true)
            .WithSummary("What a change would be, and what its proof has to sign");
        settings.MapPut("/", Change).Produces<PayoutSettingsAnswer>().NeedsLogin(Scopes.Write, sessionOnly: true)
            .WithSummary("Changes it; needs proof of ownership, and a new address waits");
        settings.MapPost("/cancel-change", Cancel).Produces<CancelledAnswer>()
            .WithSummary("Keeps the old address: by its owner, or by the code in the notice");
    }

    private static async Task<IResult> List(
        string? account, string? coin, string? network, HttpContext context, Tools tools, CancellationToken cancel)
    {
        var (own, problem) = await OwnAccount.FindAsync(account, context.SignedIn(), tools.Claims, cancel);
        if (own is null) return problem!;
        var coins = PaidCoin.All(tools.Pools).Where(c => (coin is null || Is(c, coin)) && (network is null || c.Network == network));
        var items = new List<PayoutSettingsAnswer>();
        foreach (var one in coins) items.Add(await tools.Answer(own, one, cancel));
        return Results.Ok(new Page<PayoutSettingsAnswer>(items, null));
    }

    private static async Task<IResult> Preview(PayoutSettingsBody body, HttpContext context, Tools tools, CancellationToken cancel)
    {
        var (wish, problem) = await Read(body, context, tools, cancel);
        if (wish is null) return problem!;
        var answer = await tools.Answer(wish.Account, wish.Coin, cancel);
        DateTimeOffset? due = wish.Change.Address is null ? null : tools.Time.GetUtcNow() + wish.Coin.Delay;
        return Results.Ok(new PayoutPreviewAnswer(wish.Change.Detail(wish.Coin), answer.Proof, due, answer));
    }

    private static async Task<IResult> Change(
        PayoutSettingsBody body, HttpContext context, Tools tools, OwnershipProof proofs, CancellationToken cancel)
    {
        var (wish, problem) = await Read(body, context, tools, cancel);
        if (wish is null) return problem!;
        var subject = new ProofSubject(wish.Account.AccountId, wish.Coin.Coin, wish.Coin.Network);
        var proof = await proofs.CheckAsync(
            context.SignedIn(), subject, body.Proof, Purpose, wish.Change.Detail(wish.Coin), cancel);
        if (!proof.IsGood) return Problems.Of(403, proof.Code, proof.Detail);

        return await tools.Book.ChangeAsync(
            wish.Account.AccountId, wish.Account.Name, wish.Coin, wish.Change, context.Actor(), tools.PublicUrl, cancel) switch
        {
            null => Results.Ok(await tools.Answer(wish.Account, wish.Coin, cancel)),
            "change-waits" => Problems.Of(409, "change-waits", "another address waits already: cancel that change first"),
            _ => Problems.Of(409, "address-in-force", "that address is the one in force"),
        };
    }

    private static async Task<IResult> Cancel(
        CancelChangeBody body, HttpContext context, Tools tools, AddressChanges changes, CancellationToken cancel)
    {
        var none = Problems.Of(404, "no-change", "no change of that account or code waits");
        if (body.Code is { } code)
        {
            return code.Length == CodeLength && await changes.CancelAsync(code, context.Actor(), cancel)
                ? Results.Ok(new CancelledAnswer(true))
                : none;
        }

        if (context.Caller() is not { } caller) return Problems.Of(401, "login-needed", "sign in, or give the code of the notice");
        if (!caller.Scopes.HasFlag(Scopes.Write)) return Problems.Of(403, "scope-missing", "this key may only read");
        var (own, problem) = await OwnAccount.FindAsync(body.Account, caller, tools.Claims, cancel);
        if (own is null || !TryCoin(body.Coin, body.Network, tools.Pools, out var coin, out problem)) return problem!;
        return await changes.CancelAsync(own.AccountId, coin!.Coin, coin.Network, context.Actor(), null, cancel)
            ? Results.Ok(new CancelledAnswer(true))
            : none;
    }

    private sealed record Wish(ClaimedAccount Account, PaidCoin Coin, SettingsChange Change);

    private static async Task<(Wish? Wish, IResult? Problem)> Read(
        PayoutSettingsBody body, HttpContext context, Tools tools, CancellationToken cancel)
    {
        var (own, problem) = await OwnAccount.FindAsync(body.Account, context.SignedIn(), tools.Claims, cancel);
        if (own is null || !TryCoin(body.Coin, body.Network, tools.Pools, out var coin, out problem)) return (null, problem);
        if (!TryChange(body, coin!, out var change, out problem)) return (null, problem);
        return (new Wish(own, coin!, change), null);
    }

    private static bool TryChange(PayoutSettingsBody body, PaidCoin coin, out SettingsChange change, out IResult? problem)
    {
        problem = null;
        change = new SettingsChange { Address = body.Address, Schedule = body.Schedule, IsPaused = body.Paused };
        if (body.Schedule is { } schedule && !PayoutSchedule.All.Contains(schedule))
            problem = Problems.Of(400, "schedule-unknown", $"schedule must be one of: {string.Join(", ", PayoutSchedule.All)}");
        if (body.Address is { } address && !AddressCodec.TryDecode(address, coin.Pools[0].Network, out _, out var error))
            problem = Problems.Of(
                400, "address-invalid", $"'{Problems.Shown(address)}' is no address of {coin.Coin} {coin.Network}: it {error}");
        if (body.Threshold is { } text)
        {
            long units = 0;
            var isDefault = text is "default" or "";
            var isInside = isDefault
                || (CoinText.TryParse(text, coin.Decimals, out units) && units >= coin.ThresholdMin && units <= coin.ThresholdMax);
            if (!isInside) problem = OutOfBounds(coin);
            change = change with { SetsThreshold = true, Threshold = isDefault ? null : units };
        }

        if (problem is null && change.IsEmpty)
            problem = Problems.Of(400, "nothing-to-change", "give address, threshold, schedule or paused");
        if (problem is null && change.Detail(coin).Length > DetailMax)
            problem = Problems.Of(400, "detail-too-long", "that is too much for one signature: change the address alone");
        return problem is null;
    }

    private static IResult OutOfBounds(PaidCoin coin)
    {
        var (min, max) = (CoinText.Short(coin.ThresholdMin, coin.Decimals), CoinText.Short(coin.ThresholdMax, coin.Decimals));
        return Problems.Of(
            400, "threshold-out-of-bounds", $"threshold must be coins as a decimal text from \"{min}\" to \"{max}\", or \"default\"");
    }

    /// <summary>The coin of a request; a name or symbol that several networks have needs the network.</summary>
    internal static bool TryCoin(string? name, string? network, PoolBook pools, out PaidCoin? coin, out IResult? problem)
    {
        var all = PaidCoin.All(pools);
        var fitting = all.Where(c => (name is null || Is(c, name)) && (network is null || c.Network == network)).ToList();
        coin = fitting.Count == 1 ? fitting[0] : null;
        var there = string.Join(", ", all.Select(c => $"{c.Coin} {c.Network}"));
        problem = fitting.Count switch
        {
            1 => null,
            0 => Problems.Of(404, "no-coin", $"no pool here pays that coin; there are: {there}"),
            _ => Problems.Of(400, name is null ? "coin-needed" : "network-needed", $"say which: {there}"),
        };
        return problem is null;
    }

    private static bool Is(PaidCoin coin, string name) =>
        coin.Coin == name || string.Equals(coin.Symbol, name, StringComparison.OrdinalIgnoreCase);

    /// <summary>What the endpoints work with.</summary>
    internal sealed class Tools(
        PayoutSettingsBook book, Claims claims, OwnershipProof proofs, PoolBook pools, TimeProvider time, ViddhanaConfig config)
    {
        public PayoutSettingsBook Book => book;

        public Claims Claims => claims;

        public PoolBook Pools => pools;

        public TimeProvider Time => time;

        public string? PublicUrl => config.Backoffice.Access.PublicUrl;

        public async Task<PayoutSettingsAnswer> Answer(ClaimedAccount account, PaidCoin coin, CancellationToken cancel)
        {
            var (settings, change) = await book.OfAsync(account.AccountId, coin, cancel);
            var rules = PayoutRules.Of(coin.Pools[0]);
            return new PayoutSettingsAnswer
            {
                Account = account.Name,
                Coin = coin.Coin,
                Symbol = coin.Symbol,
                Network = coin.Network,
                Address = settings.Address,
                Threshold = Amount.Of(rules.ThresholdOf(settings.Threshold), coin.Decimals),
                ThresholdMin = Amount.Of(coin.ThresholdMin, coin.Decimals),
                ThresholdMax = Amount.Of(coin.ThresholdMax, coin.Decimals),
                OwnThreshold = settings.Threshold is not null,
                Schedule = settings.Schedule,
                Schedules = PayoutSchedule.All,
                Paused = settings.IsPaused,
                Frozen = settings.FrozenAt is not null,
                RequestMin = Amount.Of(coin.RequestMin, coin.Decimals),
                DelayHours = coin.Delay.TotalHours,
                Change = AddressChangeAnswer.Of(change),
                Proof = await proofs.NeedOfAsync(new ProofSubject(account.AccountId, coin.Coin, coin.Network), cancel),
            };
        }
    }
}
