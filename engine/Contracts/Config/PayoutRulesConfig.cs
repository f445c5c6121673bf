namespace Viddhana.Contracts.Config;

/// <summary>The rules of payouts that miners set for themselves, and of those that an operator looks at first.</summary>
public sealed partial class PayoutsConfig
{
    /// <summary>Smallest threshold that a miner may choose, in whole coins; null: a tenth of the pool's.</summary>
    public decimal? ThresholdMin { get; set; }

    /// <summary>Largest threshold that a miner may choose, in whole coins; null: a thousand times the pool's.</summary>
    public decimal? ThresholdMax { get; set; }

    /// <summary>Smallest balance that is paid on request, in whole coins; null: the smallest threshold.</summary>
    public decimal? RequestMin { get; set; }

    /// <summary>Hours between two payouts on request of one account, 0 to 8760.</summary>
    public int RequestHours { get; set; } = 24;

    /// <summary>A line above this waits until an operator approves it, in whole coins; null: none waits.</summary>
    public decimal? ApprovalAbove { get; set; }

    /// <summary>Hours between the wish for another payout address and its coming into force, 0 to 720.</summary>
    public int AddressDelayHours { get; set; } = 48;

    internal void BindRules(ConfigSection section, int places)
    {
        ThresholdMin = section.Decimal("threshold_min", null, 0.00001m, 1_000_000, places);
        ThresholdMax = section.Decimal("threshold_max", null, 0.00001m, 1_000_000, places);
        RequestMin = section.Decimal("request_min", null, 0.00001m, 1_000_000, places);
        RequestHours = section.Int("request_hours", RequestHours, 0, 8_760);
        ApprovalAbove = section.Decimal("approval_above", null, 0.00001m, 20_000_000, places);
        AddressDelayHours = section.Int("address_delay_hours", AddressDelayHours, 0, 720);
        if (ThresholdMin > ThresholdMax) section.Error("threshold_min", $"{ThresholdMin} is above threshold_max {ThresholdMax}");
        if (AddressDelayHours == 0)
            section.Warn("address_delay_hours", "0 lets whoever holds a miner's keys for a moment have its balance at once");
    }
}
