namespace Viddhana.Backoffice.Payouts;

/// <summary>A payout as stored. States: prepared → signed → broadcast → confirmed, or failed.</summary>
internal sealed record Payout
{
    public required long PayoutId { get; init; }

    public required string State { get; init; }

    public required string StateReason { get; init; }

    public required string FeeFrom { get; init; }

    /// <summary>Sum of the lines in base units.</summary>
    public required long Total { get; init; }

    public required int Cycle { get; init; }

    public required int Confirmations { get; init; }

    public required bool IsStuck { get; init; }

    public string? Txid { get; init; }

    public DateTime? SentAt { get; init; }
}

/// <summary>What one account gets in a payout.</summary>
/// <param name="Amount">Base units taken from the balance.</param>
/// <param name="Fee">Of it for the network, where miners bear the fee.</param>
internal sealed record PayoutLine(long AccountId, string Address, long Amount, long Fee);

/// <summary>One signed transaction of a payout; later attempts replace earlier ones over the same inputs.</summary>
internal sealed record PayoutTransaction(int Attempt, string Txid, byte[] Raw, long Fee);

/// <summary>An output that a payout spends.</summary>
internal sealed record PayoutInput(string Txid, int Vout, long Amount);
