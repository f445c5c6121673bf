using System.Globalization;

namespace Viddhana.Contracts.Published;

/// <summary>Whom a ban is about.</summary>
public enum BanKind
{
    /// <summary>Everybody at an address or in a range of addresses.</summary>
    Address,

    /// <summary>An account with all its workers.</summary>
    Account,

    /// <summary>One worker, by its full name.</summary>
    Worker,
}

/// <summary>A ban as engines enforce it.</summary>
/// <param name="Kind">Whom it is about.</param>
/// <param name="Target">
/// Address or range (<see cref="Config.AddressRange"/>), account, or <c>account.worker</c> as shares are credited to: printable ASCII
/// without spaces, at most <see cref="TargetMax"/>.
/// </param>
/// <param name="Reason">What the miner is told: printable ASCII without quotes and backslashes, at most <see cref="ReasonMax"/>.</param>
/// <param name="ExpiresUtcMs">When it ends by itself, Unix milliseconds; 0: when it is lifted.</param>
public sealed record Ban(BanKind Kind, string Target, string Reason, long ExpiresUtcMs)
{
    /// <summary>Longest target: as long as a full name.</summary>
    public const int TargetMax = 191;

    /// <summary>Longest reason.</summary>
    public const int ReasonMax = 120;

    /// <summary>What the miner is told; safe inside a JSON string.</summary>
    public string Message { get; } = ExpiresUtcMs == 0
        ? $"Banned: {Reason}"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"Banned until {DateTimeOffset.FromUnixTimeMilliseconds(ExpiresUtcMs).UtcDateTime:yyyy-MM-dd HH:mm} UTC: {Reason}");

    /// <summary>True while it is in force.</summary>
    public bool IsActiveAt(long utcMs) => ExpiresUtcMs == 0 || utcMs < ExpiresUtcMs;

    /// <summary>True for a target that can stand in a published list.</summary>
    public static bool IsTarget(string text) => text.Length is > 0 and <= TargetMax && !text.AsSpan().ContainsAnyExceptInRange('!', '~');

    /// <summary>True for a reason that can be told as it is.</summary>
    public static bool IsReason(string text) =>
        text.Length is > 0 and <= ReasonMax && !text.AsSpan().ContainsAnyExceptInRange(' ', '~') && text.AsSpan().IndexOfAny('"', '\\') < 0;
}
