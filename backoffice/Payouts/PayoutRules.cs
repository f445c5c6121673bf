using System.Globalization;
using Viddhana.Backoffice.Money;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Payouts;

/// <summary>A pool's rules of payouts in base units. Nothing in them is ever below dust.</summary>
/// <param name="Threshold">Smallest balance that is paid where an account has set none.</param>
/// <param name="ThresholdMin">Smallest that an account may set.</param>
/// <param name="ThresholdMax">Largest that an account may set.</param>
/// <param name="RequestMin">Smallest balance that is paid on request.</param>
/// <param name="ApprovalAbove">A line above it waits for an operator; null: none does.</param>
internal sealed record PayoutRules(long Threshold, long ThresholdMin, long ThresholdMax, long RequestMin, long? ApprovalAbove)
{
    private const int MinPart = 10;
    private const int MaxTimes = 1_000;

    public static PayoutRules Of(KnownPool pool)
    {
        var (config, decimals) = (pool.Config.Payouts, pool.Coin.Decimals);
        var threshold = Units(config.Threshold) ?? pool.Coin.PayoutThreshold;
        threshold = Math.Max(PayoutRound.DustLimit, threshold);
        var min = Math.Min(threshold, Math.Max(PayoutRound.DustLimit, Units(config.ThresholdMin) ?? threshold / MinPart));
        var max = Math.Max(threshold, Units(config.ThresholdMax) ?? checked(threshold * MaxTimes));
        var request = Math.Max(PayoutRound.DustLimit, Units(config.RequestMin) ?? min);
        return new PayoutRules(threshold, min, max, request, Units(config.ApprovalAbove));

        long? Units(decimal? coins) => coins is { } given ? Amounts.ToBaseUnits(given, decimals) : null;
    }

    /// <summary>The threshold that counts: the account's own inside the bounds of now, or the pool's.</summary>
    public long ThresholdOf(long? own) => own is { } set ? Math.Clamp(set, ThresholdMin, ThresholdMax) : Threshold;
}

/// <summary>When an account wants to be paid.</summary>
internal static class PayoutSchedule
{
    public const string Auto = "auto";
    public const string Manual = "manual";

    /// <summary>All, as stored and as the API names them.</summary>
    public static readonly IReadOnlyList<string> All = [Auto, "daily", "weekly", Manual];

    /// <summary>The beginning of the UTC day.</summary>
    public static DateTimeOffset DayOf(DateTimeOffset now) => new(now.UtcDateTime.Date, TimeSpan.Zero);

    /// <summary>The beginning of the week: Monday 00:00 UTC.</summary>
    public static DateTimeOffset WeekOf(DateTimeOffset now)
    {
        var day = DayOf(now);
        return day.AddDays(-((int)day.DayOfWeek + 6) % 7);
    }
}

/// <summary>A decimal of coins as a miner writes it.</summary>
internal static class CoinText
{
    private const int LengthMax = 32;

    public static bool TryParse(string text, int decimals, out long units)
    {
        units = 0;
        if (text.Length is 0 or > LengthMax
            || !decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var coins)) return false;
        try
        {
            units = Amounts.ToBaseUnits(coins, decimals);
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    /// <summary>Without the zeros at the end: 0.01.</summary>
    public static string Short(long units, int decimals)
    {
        var text = Amounts.Text(units, decimals);
        return text.Contains('.', StringComparison.Ordinal) ? text.TrimEnd('0').TrimEnd('.') : text;
    }
}
