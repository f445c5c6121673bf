using Dapper;
using Npgsql;
using Viddhana.Backoffice.Audit;
using Viddhana.Backoffice.Notices;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Payouts;

/// <summary>A coin of a network, and the pools here that pay it.</summary>
internal sealed record PaidCoin(IReadOnlyList<KnownPool> Pools)
{
    public string Coin => Pools[0].Coin.Name;

    public string Symbol => Pools[0].Coin.Symbol;

    public string Network => Pools[0].Config.Network;

    public int Decimals => Pools[0].Coin.Decimals;

    /// <summary>Smallest threshold that any of its pools allows.</summary>
    public long ThresholdMin => Pools.Min(pool => PayoutRules.Of(pool).ThresholdMin);

    /// <summary>Largest that any allows.</summary>
    public long ThresholdMax => Pools.Max(pool => PayoutRules.Of(pool).ThresholdMax);

    /// <summary>Smallest balance paid on request.</summary>
    public long RequestMin => Pools.Min(pool => PayoutRules.Of(pool).RequestMin);

    /// <summary>Of an account that has set none.</summary>
    public long Threshold => PayoutRules.Of(Pools[0]).Threshold;

    /// <summary>Until another address comes into force: the longest of its pools.</summary>
    public TimeSpan Delay => TimeSpan.FromHours(Pools.Max(pool => pool.Config.Payouts.AddressDelayHours));

    /// <summary>All coins that pools here pay, in order of the configuration.</summary>
    public static List<PaidCoin> All(PoolBook pools) =>
        [.. pools.All.GroupBy(pool => (pool.Coin.Name, pool.Config.Network)).Select(group => new PaidCoin([.. group]))];
}

/// <summary>How an account is paid in a coin.</summary>
internal sealed record PayoutSettings
{
    public string? Address { get; init; }

    /// <summary>The account's own; null: the pool's.</summary>
    public long? Threshold { get; init; }

    public string Schedule { get; init; } = PayoutSchedule.Auto;

    public bool IsPaused { get; init; }

    /// <summary>Since when an operator has frozen the account; null: it is not.</summary>
    public DateTime? FrozenAt { get; init; }
}

/// <summary>What an owner wants otherwise; null leaves a thing as it is.</summary>
internal sealed record SettingsChange
{
    public string? Address { get; init; }

    public bool SetsThreshold { get; init; }

    /// <summary>Base units; null with <see cref="SetsThreshold"/>: the pool's again.</summary>
    public long? Threshold { get; init; }

    public string? Schedule { get; init; }

    public bool? IsPaused { get; init; }

    public bool IsEmpty => Address is null && !SetsThreshold && Schedule is null && IsPaused is null;

    /// <summary>What a wallet signs, so that its signature is good for this change and no other.</summary>
    public string Detail(PaidCoin coin)
    {
        var parts = new List<string>();
        if (Address is not null) parts.Add($"pay to {Address}");
        if (SetsThreshold) parts.Add(Threshold is { } units ? $"from {CoinText.Short(units, coin.Decimals)}" : "from the pool's threshold");
        if (Schedule is not null) parts.Add($"schedule {Schedule}");
        if (IsPaused is { } paused) parts.Add(paused ? "paused" : "not paused");
        return $"{coin.Coin} {coin.Network}: {string.Join(", ", parts)}";
    }
}

/// <summary>Reads and changes how accounts are paid. Every change is one transaction with its notices and its entry in the audit log.
/// </summary>
internal sealed class PayoutSettingsBook(NpgsqlDataSource database, AddressChanges changes, AuditLog audit, TimeProvider time)
{
    /// <summary>As it is now.</summary>
    public async Task<(PayoutSettings Settings, AddressChange? Change)> OfAsync(long accountId, PaidCoin coin, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        var settings = await ReadAsync(connection, accountId, coin);
        return (settings, await AddressChanges.WaitingAsync(connection, accountId, coin.Coin, coin.Network));
    }

    /// <summary>Changes it. Returns null, or the code of what is in the way: <c>change-waits</c>, <c>address-in-force</c>.</summary>
    public Task<string?> ChangeAsync(
        long accountId, string account, PaidCoin coin, SettingsChange change, AuditActor actor, string? publicUrl,
        CancellationToken cancel) =>
        database.InTransactionAsync(
            async connection =>
            {
                await PayoutChoice.LockAsync(connection);
                var before = await ReadAsync(connection, accountId, coin);
                if (change.Address is { } address)
                {
                    if (address == before.Address) return "address-in-force";
                    if (await AddressChanges.WaitingAsync(connection, accountId, coin.Coin, coin.Network) is not null)
                        return "change-waits";
                    await ChangeAddress(connection, accountId, account, coin, before.Address, address, actor, publicUrl);
                }

                await WriteAsync(connection, accountId, coin, change);
                await TellAsync(connection, accountId, account, coin, change);
                await audit.AppendAsync(
                    connection, actor, "payout.settings.changed", account, new { change = change.Detail(coin), before.Address }, cancel);
                return null;
            },
            cancel);

    /// <summary>
    /// The first address of an account that was never credited comes into force at once: there is nothing to be robbed of.
    /// </summary>
    private async Task ChangeAddress(
        NpgsqlConnection connection,
        long accountId,
        string account,
        PaidCoin coin,
        string? old,
        string address,
        AuditActor actor,
        string? publicUrl)
    {
        if (old is null && !await WasCredited(connection, accountId, coin))
        {
            await AddressChanges.SetAsync(connection, accountId, coin.Coin, coin.Network, address, time.GetUtcNow());
            return;
        }

        var wish = new AddressChange
        {
            AccountId = accountId,
            Account = account,
            Coin = coin.Coin,
            Network = coin.Network,
            OldAddress = old,
            NewAddress = address,
        };
        await changes.RequestAsync(connection, wish, coin.Delay, actor.Name, publicUrl);
    }

    private static Task<bool> WasCredited(NpgsqlConnection connection, long accountId, PaidCoin coin) =>
        connection.ExecuteScalarAsync<bool>(
            "SELECT EXISTS (SELECT FROM ledger_accounts WHERE account_id = @accountId AND pool_id = ANY(@pools))",
            new { accountId, pools = coin.Pools.Select(pool => pool.PoolId).ToArray() });

    private Task WriteAsync(NpgsqlConnection connection, long accountId, PaidCoin coin, SettingsChange change) =>
        connection.ExecuteAsync(
            """
            INSERT INTO payout_settings AS s (account_id, coin, network, threshold, schedule, is_paused, changed_at)
            VALUES (@accountId, @Coin, @Network, @Threshold, coalesce(@Schedule, 'auto'), coalesce(@IsPaused, false), @now)
            ON CONFLICT (account_id, coin, network) DO UPDATE SET
                threshold = CASE WHEN @SetsThreshold THEN @Threshold ELSE s.threshold END,
                schedule = coalesce(@Schedule, s.schedule), is_paused = coalesce(@IsPaused, s.is_paused), changed_at = @now
            """,
            new
            {
                accountId,
                coin.Coin,
                coin.Network,
                change.Threshold,
                change.SetsThreshold,
                change.Schedule,
                change.IsPaused,
                now = time.GetUtcNow(),
            });

    /// <summary>An address is announced by itself; the rest is told too: somebody else might have done it.</summary>
    private async Task TellAsync(NpgsqlConnection connection, long accountId, string account, PaidCoin coin, SettingsChange change)
    {
        var now = time.GetUtcNow();
        var rest = change with { Address = null };
        if (rest.IsEmpty) return;
        var notice = new NoticeDraft(
            accountId,
            "payout-settings",
            $"settings:{accountId}:{now.ToUnixTimeMilliseconds()}",
            $"Payout settings of {coin.Coin} were changed",
            [$"Account: {account}", rest.Detail(coin)])
        {
            IsSecurity = true,
        };
        await NoticeBook.AddAsync(connection, notice, now);
    }

    private static Task<PayoutSettings> ReadAsync(NpgsqlConnection connection, long accountId, PaidCoin coin) =>
        connection.QuerySingleAsync<PayoutSettings>(
            """
            SELECT p.address, s.threshold, coalesce(s.schedule, 'auto') AS schedule, coalesce(s.is_paused, false) AS is_paused,
                   h.set_at AS frozen_at
            FROM (SELECT 1) one
            LEFT JOIN payout_addresses p ON p.account_id = @accountId AND p.coin = @Coin AND p.network = @Network
            LEFT JOIN payout_settings s ON s.account_id = @accountId AND s.coin = @Coin AND s.network = @Network
            LEFT JOIN payout_holds h ON h.account_id = @accountId AND h.released_at IS NULL
            """,
            new { accountId, coin.Coin, coin.Network });
}
