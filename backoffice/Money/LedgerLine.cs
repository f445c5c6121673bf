namespace Viddhana.Backoffice.Money;

/// <summary>What a ledger account is for. Signs and meaning: <c>003_money.sql</c>.</summary>
public enum LedgerKind
{
    /// <summary>Minus the rewards of all blocks that stand.</summary>
    BlockReward,

    /// <summary>Per account: provisional, not spendable.</summary>
    UserImmature,

    /// <summary>Per account: what may be paid out.</summary>
    UserConfirmed,

    /// <summary>The pool's fee of immature blocks.</summary>
    FeeImmature,

    /// <summary>The pool's fee of confirmed blocks, less the network fees it bore.</summary>
    PoolFee,

    /// <summary>In payouts that are not final.</summary>
    InFlight,

    /// <summary>Sent and final.</summary>
    Paid,

    /// <summary>Transaction fees of final payouts.</summary>
    NetworkFees,
}

/// <summary>Names of the kinds in the database.</summary>
public static class LedgerKinds
{
    private static readonly string[] Names =
        ["block_reward", "user_immature", "user_confirmed", "fee_immature", "pool_fee", "in_flight", "paid", "network_fees"];

    /// <summary>As stored: <c>user_confirmed</c>.</summary>
    public static string Name(this LedgerKind kind) => Names[(int)kind];

    /// <summary>From what is stored.</summary>
    public static LedgerKind Parse(string name) => (LedgerKind)Array.IndexOf(Names, name) is var kind && Enum.IsDefined(kind)
        ? kind
        : throw new LedgerException($"unknown ledger kind {name}");

    /// <summary>True where every miner account has its own.</summary>
    public static bool IsPerAccount(this LedgerKind kind) => kind is LedgerKind.UserImmature or LedgerKind.UserConfirmed;
}

/// <summary>One line of a posting.</summary>
/// <param name="Kind">Which ledger account.</param>
/// <param name="AccountId">The miner account where the kind has one each; else null.</param>
/// <param name="Amount">Base units; what is owed or kept is positive.</param>
public readonly record struct LedgerLine(LedgerKind Kind, long? AccountId, long Amount);

/// <summary>A movement of money with its unique cause.</summary>
public sealed record LedgerPosting
{
    /// <summary>The pool whose wallet backs it.</summary>
    public required int PoolId { get; init; }

    /// <summary>Why; the same cause is never posted twice: <c>block:HASH:immature:1</c>, <c>payout:7:prepared</c>.</summary>
    public required string Cause { get; init; }

    /// <summary>Lines that sum to zero. Several for one ledger account are added up, zeros are left out.</summary>
    public required IReadOnlyList<LedgerLine> Lines { get; init; }

    /// <summary>The block it is about.</summary>
    public long? BlockId { get; init; }

    /// <summary>The payout it is about.</summary>
    public long? PayoutId { get; init; }
}

/// <summary>A rule of the ledger would be broken: a fault of the program, never to be swallowed.</summary>
public sealed class LedgerException(string message) : Exception(message);
