using System.Numerics;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Viddhana.Backoffice.Live;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;
using Viddhana.Tests.Backoffice.Shares;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Backoffice.Live;

/// <summary>Streaks, milestones, ranks and firsts, and what they are computed from.</summary>
public sealed class AchievementsTests
{
    private const long DayMs = 86_400_000;

    [TestCase("", 10, "0 of 0 since ")]
    [TestCase("10", 10, "1 of 1 since 1970-01-11")]
    [TestCase("9", 10, "1 of 1 since 1970-01-10")]
    [TestCase("8", 10, "0 of 1 since ")]
    [TestCase("1 2 3 4 7 8 9", 10, "3 of 4 since 1970-01-08")]
    [TestCase("1 2 3 4 7 8 9 10", 10, "4 of 4 since 1970-01-08")]
    [TestCase("7 9 9 10 10", 10, "2 of 2 since 1970-01-10")]
    public void A_streak_ends_today_or_yesterday(string days, int today, string expected)
    {
        var streak = Achievements.Streak([.. days.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)], today);
        Assert.That($"{streak.Days} of {streak.Longest} since {streak.Since:yyyy-MM-dd}", Is.EqualTo(expected));
    }

    [TestCase("0", null, "1e9", 0)]
    [TestCase("1000", null, "1e9", 1 / 3.0)]
    [TestCase("999999999", null, "1e9", 1)]
    [TestCase("1000000000", "1e9", "1e10", 0)]
    [TestCase("3162277660168379331", "1e18", "1e19", 0.5)]
    [TestCase("99999999999999999999999999999999999", "1e30", null, 1)]
    public void Milestones_of_work_are_powers_of_ten(string hashes, string? reached, string? next, double progress)
    {
        var work = Achievements.Work(BigInteger.Parse(hashes));
        Assert.That((work.Hashes, work.Reached, work.Next), Is.EqualTo((hashes, reached, next)));
        Assert.That(work.Progress, Is.EqualTo(progress).Within(1e-6));
    }

    [Test]
    public void Badges_say_what_is_reached_and_how_far_it_is()
    {
        var (now, best) = (DateTimeOffset.UnixEpoch, new BestShareAnswer(2e9, "rig", DateTimeOffset.UnixEpoch.AddDays(1), 2, 9));
        var answer = new AchievementsAnswer(
            "a", "btc", best, best with { Rank = 1 }, new BlocksAnswer(5, 5, now, now), new StreakAnswer(3, 30, null),
            Achievements.Work(BigInteger.Pow(10, 15)), new FirstsAnswer(now, now, null), []);
        var badges = Achievements.Badges(answer, networkDifficulty: 4e10).ToDictionary(badge => badge.Code);
        var reached = badges.Values.Where(badge => badge.Reached).Select(badge => badge.Code);
        Assert.That(reached, Is.EqualTo(new[]
        {
            "first-share", "first-block", "streak-7", "streak-30", "work-1e12", "work-1e15", "best-million", "best-billion", "best-of-day",
        }));
        Assert.That(badges["block-finder-10"].Progress, Is.EqualTo(0.5));
        Assert.That(badges["near-block"].Progress, Is.EqualTo(0.5));
        Assert.That(badges["best-billion"].Time, Is.EqualTo(best.Time));
        Assert.That(badges["best-trillion"].Time, Is.Null);
        Assert.That(Achievements.Badges(answer, 0), Has.Count.EqualTo(17), "without a tip none is left out");
    }

    [Test]
    public async Task Days_that_are_over_are_kept_once_every_journal_is_committed_past_them_or_after_half_a_day()
    {
        await using var database = await TestDatabase.NewAsync();
        var pools = await PoolBook.LoadAsync(database, [ConsumerRun.Pool()], default);
        var clock = new HandClock();
        clock.Advance(-(clock.GetUtcNow().ToUnixTimeMilliseconds() % DayMs) + 1_000);
        using var lease = new ActiveLease(database, NullLogger<ActiveLease>.Instance);
        using var days = new AccountDays(database, pools, lease, clock, NullLogger<AccountDays>.Instance);
        Assert.That(await days.RunOnceAsync(default), Is.Zero, "nothing is there");

        var today = clock.GetUtcNow().ToUnixTimeMilliseconds() / DayMs;
        var engine = new TestEngine();
        foreach (var day in new[] { today - 3, today - 3, today - 1, today })
            engine.Shares("btc", day * DayMs, ("a.x", 1_000), ("a.y", 10), ("b", 1));
        var store = new Viddhana.Backoffice.Shares.ShareStore(database, pools, 10_000);
        await store.CommitAsync([.. engine.Entries.Select(BestShareTests.Ready)], default);
        Assert.That(await days.RunOnceAsync(default), Is.EqualTo(2), "yesterday's journal may not be at its end");
        await ExecuteAsync($"UPDATE sources SET complete_ms = {today * DayMs}");
        Assert.That(await days.RunOnceAsync(default), Is.EqualTo(1));
        Assert.That(await days.RunOnceAsync(default), Is.Zero);
        Assert.That(await AllAsync(), Is.EqualTo("-3 a 4 2020, -3 b 2 2, -1 a 2 1010, -1 b 1 1"));

        clock.Advance(DayMs * 3 / 2);
        Assert.That(await days.RunOnceAsync(default), Is.EqualTo(1), "half a day is waited for a journal that says nothing");
        Assert.That(await AllAsync(), Does.EndWith("0 a 2 1010, 0 b 1 1"));

        async Task<string> AllAsync() => string.Join(", ", await database.RowsAsync(
            "SELECT day - $1, name, shares, work_sum FROM account_days JOIN accounts USING (account_id) ORDER BY day, name",
            [(int)today],
            row => $"{row.GetInt32(0)} {row.GetString(1)} {row.GetInt64(2)} {row.GetDecimal(3)}",
            default));

        async Task ExecuteAsync(string sql)
        {
            await using var command = database.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }
    }

    [Test]
    public async Task The_endpoint_tells_of_kept_days_and_of_today()
    {
        const string Miner = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
        await using var scene = await LiveScene.StartAsync(new LiveConfig());
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        foreach (var back in new[] { 2, 1, 0 })
            scene.Engine.Hashes("btc", now - (back * DayMs), (Miner + ".x", 1e6 * (3 - back)), ("b.y", 2e6));
        scene.Engine.Found("btc", now, Miner + ".x", new string('b', 64), 100, 1, 1);
        scene.Ship();

        using var client = scene.Client();
        var path = $"/api/v1/pools/btc/miners/{Miner.ToUpperInvariant()}/achievements";
        await Eventually.Holds("the block is stored", async () => (await scene.Database.RowsAsync(
            "SELECT count(*) FROM blocks", [], row => row.GetInt64(0), default))[0] == 1);
        var answer = JsonDocument.Parse(await client.GetStringAsync(path)).RootElement;
        Assert.That(answer.GetProperty("address").GetString(), Is.EqualTo(Miner));
        Assert.That(Rank("bestShare"), Is.EqualTo((1, 2)));
        Assert.That(answer.GetProperty("bestShare").GetProperty("difficulty").GetDouble(), Is.EqualTo(3e6 / 4_295_032_833).Within(1e-9));
        Assert.That(Rank("bestShareToday"), Is.EqualTo((1, 2)));
        Assert.That(answer.GetProperty("streak").GetProperty("days").GetInt32(), Is.EqualTo(3));
        Assert.That(answer.GetProperty("work").GetProperty("hashes").GetString(), Is.EqualTo("3"));
        Assert.That(answer.GetProperty("blocks").GetProperty("found").GetInt32(), Is.EqualTo(1));
        Assert.That(answer.GetProperty("firsts").GetProperty("share").GetString(), Is.Not.Null);
        Assert.That(answer.GetProperty("badges").GetArrayLength(), Is.EqualTo(17));
        using var none = await client.GetAsync("/api/v1/pools/btc/miners/nobody/achievements");
        Assert.That((int)none.StatusCode, Is.EqualTo(404));
        Assert.That(await none.Content.ReadAsStringAsync(), Does.Contain("no-account"));

        (int, int) Rank(string which) =>
            (answer.GetProperty(which).GetProperty("rank").GetInt32(), answer.GetProperty(which).GetProperty("of").GetInt32());
    }
}
