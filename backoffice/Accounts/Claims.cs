using Npgsql;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts;

namespace Viddhana.Backoffice.Accounts;

/// <summary>An account that a login may speak for.</summary>
/// <param name="AccountId">Its number.</param>
/// <param name="Name">Its stratum name.</param>
/// <param name="IsAddress">True: the name is an address, claimed by signature; false: a name that the login made.</param>
public sealed record ClaimedAccount(long AccountId, string Name, bool IsAddress)
{
    /// <summary>When.</summary>
    public DateTimeOffset ClaimedAt { get; init; }
}

/// <summary>Which accounts belong to which login.</summary>
public sealed class Claims(NpgsqlDataSource database, PoolBook pools, TimeProvider time)
{
    /// <summary>Names of its own that a login may make.</summary>
    public const int MadeMax = 5;

    /// <summary>Accounts of a login in all.</summary>
    public const int AccountsMax = 100;

    private const string Columns = "a.account_id, a.name, c.how = 'signature', c.claimed_at";

    /// <summary>True if the caller may speak for the account.</summary>
    public async Task<bool> OwnsAsync(Caller caller, long accountId, CancellationToken cancel = default)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return await connection.ScalarAsync<bool>(
            "SELECT true FROM claims WHERE login_id = $1 AND account_id = $2", [caller.LoginId, accountId], cancel);
    }

    /// <summary>All accounts of a login, by name; at most <see cref="AccountsMax"/>.</summary>
    public async Task<IReadOnlyList<ClaimedAccount>> OfAsync(long loginId, CancellationToken cancel = default) => await database.RowsAsync(
        $"SELECT {Columns} FROM claims c JOIN accounts a USING (account_id) WHERE c.login_id = $1 ORDER BY a.name",
        [loginId],
        Read,
        cancel);

    /// <summary>The caller's account of that name; null if it is not the caller's, or is not there: the two look alike.</summary>
    public async Task<ClaimedAccount?> FindAsync(
        Caller caller, string name, CancellationToken cancel = default) => (await database.RowsAsync(
        $"SELECT {Columns} FROM claims c JOIN accounts a USING (account_id) WHERE c.login_id = $1 AND a.name = $2",
        [caller.LoginId, Shares.StratumName.Parse(name).Account],
        Read,
        cancel)).FirstOrDefault();

    /// <summary>All stratum names that logins have made, sorted: what engines accept besides addresses.</summary>
    public async Task<IReadOnlyList<string>> MadeNamesAsync(CancellationToken cancel = default) => await database.RowsAsync(
        "SELECT a.name FROM claims c JOIN accounts a USING (account_id) WHERE c.how = 'made' ORDER BY a.name COLLATE \"C\"",
        [],
        row => row.GetString(0),
        cancel);

    /// <summary>
    /// The account of an address becomes the login's too; it is made where no share of it has come yet. Null if the login has too many.
    /// </summary>
    internal async Task<ClaimedAccount?> AddAddressAsync(
        NpgsqlConnection connection, long loginId, WalletAddress address, CancellationToken cancel)
    {
        if (await CountAsync(connection, loginId, how: null, cancel) >= AccountsMax) return null;
        var accountId = await AccountAsync(connection, address.Name, cancel);
        foreach (var pool in pools.All.Where(pool => AddressCodec.TryDecode(address.Name, pool.Network, out _, out _)))
        {
            await connection.RunAsync(
                "INSERT INTO payout_addresses (account_id, coin, network, address) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
                [accountId, pool.Config.Coin, pool.Config.Network, address.Name],
                cancel);
        }

        await ClaimAsync(connection, loginId, accountId, "signature", cancel);
        return new ClaimedAccount(accountId, address.Name, true) { ClaimedAt = time.GetUtcNow() };
    }

    /// <summary>Makes an account with a name of its own; null where the name is taken, also by miners who never signed in.</summary>
    internal async Task<ClaimedAccount?> MakeAsync(NpgsqlConnection connection, long loginId, string name, CancellationToken cancel)
    {
        var accountId = await connection.ScalarAsync<long?>(
            "INSERT INTO accounts (name) VALUES ($1) ON CONFLICT DO NOTHING RETURNING account_id", [name], cancel);
        if (accountId is not { } made) return null;
        await ClaimAsync(connection, loginId, made, "made", cancel);
        return new ClaimedAccount(made, name, false) { ClaimedAt = time.GetUtcNow() };
    }

    /// <summary>How many a login has, of one kind or in all.</summary>
    internal static Task<long> CountAsync(NpgsqlConnection connection, long loginId, string? how, CancellationToken cancel) =>
        connection.ScalarAsync<long>(
            "SELECT count(*) FROM claims WHERE login_id = $1 AND ($2::text IS NULL OR how = $2)", [loginId, how], cancel);

    private Task ClaimAsync(NpgsqlConnection connection, long loginId, long accountId, string how, CancellationToken cancel) =>
        connection.RunAsync(
            "INSERT INTO claims (login_id, account_id, how, claimed_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            [loginId, accountId, how, time.GetUtcNow()],
            cancel);

    private static async Task<long> AccountAsync(NpgsqlConnection connection, string name, CancellationToken cancel)
    {
        await connection.RunAsync("INSERT INTO accounts (name) VALUES ($1) ON CONFLICT DO NOTHING", [name], cancel);
        return await connection.ScalarAsync<long>("SELECT account_id FROM accounts WHERE name = $1", [name], cancel);
    }

    private static ClaimedAccount Read(NpgsqlDataReader row) => new(row.GetInt64(0), row.GetString(1), row.GetBoolean(2))
    {
        ClaimedAt = row.GetFieldValue<DateTimeOffset>(3),
    };
}
