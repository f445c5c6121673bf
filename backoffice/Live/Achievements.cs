using System.Globalization;
using System.Numerics;

namespace Viddhana.Backoffice.Live;

/// <summary>A best share as shown. Rank 1 is the best of <c>Of</c> accounts that have one.</summary>
public sealed record BestShareAnswer(double Difficulty, string Worker, DateTimeOffset Time, long Rank, long Of);

/// <summary>Blocks that an account found; <c>standing</c>: in the chain.</summary>
public sealed record BlocksAnswer(long Found, long Standing, DateTimeOffset? First, DateTimeOffset? Last);

/// <summary>UTC days in a row with an accepted share. Today counts once it has one; until then yesterday's streak stands.</summary>
public sealed record StreakAnswer(int Days, int Longest, DateOnly? Since);

/// <summary>Credited work of all time in hashes, and the powers of ten below and above it. Progress: by digits, 0 to 1.</summary>
public sealed record WorkAnswer(string Hashes, string? Reached, string? Next, double Progress);

/// <summary>When something was first; null: not yet.</summary>
public sealed record FirstsAnswer(DateTimeOffset? Share, DateTimeOffset? Block, DateTimeOffset? Payout);

/// <summary>Something to be reached. The code never changes; time is null where it is not reached or was not recorded.</summary>
public sealed record BadgeAnswer(string Code, bool Reached, DateTimeOffset? Time, double Progress);

/// <summary>What an account has achieved in a pool.</summary>
public sealed record AchievementsAnswer(
    string Address,
    string Pool,
    BestShareAnswer? BestShare,
    BestShareAnswer? BestShareToday,
    BlocksAnswer Blocks,
    StreakAnswer Streak,
    WorkAnswer Work,
    FirstsAnswer Firsts,
    IReadOnlyList<BadgeAnswer> Badges);

/// <summary>Computes achievements from what is stored. Pure.</summary>
internal static class Achievements
{
    private const int FirstMilestone = 9;
    private const int LastMilestone = 30;

    private static readonly (string Code, int Days)[] Streaks = [("streak-7", 7), ("streak-30", 30), ("streak-365", 365)];
    private static readonly int[] Works = [12, 15, 18, 21];
    private static readonly (string Code, double Difficulty)[] Bests =
        [("best-million", 1e6), ("best-billion", 1e9), ("best-trillion", 1e12)];

    /// <summary>The streak that ends today or yesterday, and the longest.</summary>
    /// <param name="days">Days with shares, rising.</param>
    /// <param name="today">UTC day.</param>
    public static StreakAnswer Streak(IReadOnlyList<int> days, int today)
    {
        var (run, longest, last) = (0, 0, int.MinValue);
        foreach (var day in days)
        {
            if (day == last) continue;
            run = last != int.MinValue && day == last + 1 ? run + 1 : 1;
            longest = Math.Max(longest, run);
            last = day;
        }

        if (days.Count == 0 || last < today - 1) return new StreakAnswer(0, longest, null);
        return new StreakAnswer(run, longest, DateOnly.FromDateTime(DateTime.UnixEpoch.AddDays(last - run + 1)));
    }

    /// <summary>The power of ten that a sum of work has reached, and the next.</summary>
    public static WorkAnswer Work(BigInteger hashes)
    {
        var text = hashes.ToString(CultureInfo.InvariantCulture);
        // A number of n digits has reached 10^(n-1).
        var power = hashes.IsZero ? -1 : text.Length - 1;
        var reached = power >= FirstMilestone ? Math.Min(power, LastMilestone) : (int?)null;
        var next = reached is { } r ? (r < LastMilestone ? r + 1 : (int?)null) : FirstMilestone;
        var progress = next is not { } n ? 1
            : hashes.IsZero ? 0
            : reached is null ? BigInteger.Log10(hashes) / n
            : BigInteger.Log10(hashes) - power;
        return new WorkAnswer(text, Name(reached), Name(next), Math.Clamp(progress, 0, 1));
    }

    /// <summary>All badges, reached or not, in a fixed order.</summary>
    /// <param name="answer">All else that is answered; its badges are not looked at.</param>
    /// <param name="networkDifficulty">Of the newest work; 0 if it is not known.</param>
    public static List<BadgeAnswer> Badges(AchievementsAnswer answer, double networkDifficulty)
    {
        var best = answer.BestShare;
        var badges = new List<BadgeAnswer>
        {
            Once("first-share", answer.Firsts.Share),
            Once("first-block", answer.Firsts.Block),
            Once("first-payout", answer.Firsts.Payout),
            Toward("block-finder-10", answer.Blocks.Found, 10),
        };
        badges.AddRange(Streaks.Select(streak => Toward(streak.Code, answer.Streak.Longest, streak.Days)));
        var hashes = double.Parse(answer.Work.Hashes, CultureInfo.InvariantCulture);
        badges.AddRange(Works.Select(power => Toward($"work-{Name(power)}", hashes, Math.Pow(10, power))));
        badges.AddRange(Bests.Select(level => Toward(level.Code, best?.Difficulty ?? 0, level.Difficulty, best?.Time)));
        badges.Add(Held("best-of-day", answer.BestShareToday));
        badges.Add(Held("best-ever", best));
        badges.Add(
            networkDifficulty > 0
                ? Toward("near-block", best?.Difficulty ?? 0, networkDifficulty / 10, best?.Time)
                : new BadgeAnswer("near-block", false, null, 0));
        return badges;
    }

    private static BadgeAnswer Once(string code, DateTimeOffset? time) => new(code, time is not null, time, time is null ? 0 : 1);

    private static BadgeAnswer Held(string code, BestShareAnswer? best) =>
        best is { Rank: 1 } ? new BadgeAnswer(code, true, best.Time, 1) : new BadgeAnswer(code, false, null, 0);

    private static BadgeAnswer Toward(string code, double have, double need, DateTimeOffset? time = null) =>
        new(code, have >= need, have >= need ? time : null, Math.Clamp(have / need, 0, 1));

    private static string? Name(int? power) => power is { } p ? string.Create(CultureInfo.InvariantCulture, $"1e{p}") : null;
}
