using System.Text.Json;
using Viddhana.Backoffice.Terminal;

namespace Viddhana.Tests.Backoffice.Terminal;

/// <summary>What stands on the terminal, whatever miners call themselves and however small it is.</summary>
public sealed class TopScreenTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 1, 0, 0, TimeSpan.Zero);
    private static readonly string[] Hostile =
    [
        "\u001b[2J\u001b[31mred", "a\nb\rc", "\u202Egnp.exe", "x\0y", "\u009b31m", "<img src=x onerror=alert(1)>", "e\u0301\u0301\u0301",
        "\uD800", "😀rig",
    ];

    [TestCase(0, "0 H/s")]
    [TestCase(999, "999 H/s")]
    [TestCase(999.7, "1.00 kH/s")]
    [TestCase(12_345, "12.3 kH/s")]
    [TestCase(1.5e14, "150 TH/s")]
    [TestCase(7e30, "7.00 QH/s")]
    [TestCase(7e36, "7000000 QH/s")]
    [TestCase(double.NaN, "?")]
    public void Rates_have_three_digits_and_a_unit(double rate, string text) => Assert.That(Plain.Rate(rate), Is.EqualTo(text));

    [Test]
    public void What_miners_choose_cannot_move_the_cursor_or_turn_the_line_around()
    {
        foreach (var name in Hostile)
        {
            var plain = Plain.Name(name, 20);
            Assert.That(plain.Any(c => char.IsControl(c) || c is '\u202E' or '\u009b'), Is.False, plain);
            Assert.That(plain, Has.Length.LessThanOrEqualTo(20));
        }

        Assert.That(Plain.Name("😀😀😀", 4), Is.EqualTo("😀…"), "no half of a character is left");
        Assert.That(Plain.Name("a\nb", 20), Is.EqualTo("a\uFFFDb"));
    }

    [TestCase(20, 5)]
    [TestCase(40, 10)]
    [TestCase(80, 24)]
    [TestCase(200, 60)]
    public void It_fits_any_terminal_with_any_data(int width, int height)
    {
        foreach (var state in new[] { State(0), State(3), State(300), new TopState { Server = "h", Away = "connection refused" } })
        {
            for (var scroll = 0; scroll <= TopScreen.ScrollMax(state); scroll += 50)
            {
                var lines = TopScreen.Lines(state, width, height, scroll, Now);
                Assert.That(lines, Has.Count.EqualTo(height).Or.Count.LessThan(height));
                Assert.That(lines.Select(line => line.Text.Length), Is.All.LessThanOrEqualTo(width));
                Assert.That(lines.SelectMany(line => line.Text).Any(char.IsControl), Is.False);
            }
        }
    }

    [Test]
    public void Scrolling_leaves_out_the_first_miners_and_the_end_can_be_seen()
    {
        var state = State(100);
        Assert.That(Text(state, 0), Does.Contain(" 1  miner0 ").And.Not.Contain("\n100  "));
        Assert.That(Text(state, 90), Does.Contain("\n100  ").And.Not.Contain(" 1  miner0 "));

        static string Text(TopState state, int scroll) =>
            string.Join('\n', TopScreen.Lines(state, 160, 40, scroll, Now).Select(line => line.Text));
    }

    [Test]
    public void Figures_stand_where_people_look_for_them()
    {
        var text = string.Join('\n', TopScreen.Lines(State(2), 160, 40, 0, Now).Select(line => line.Text));
        Assert.That(text, Does.StartWith("btc · BTC · h:4444"));
        Assert.That(text, Does.Contain("1m 1.00 TH/s").And.Contain("5m 2.00 TH/s"));
        Assert.That(text, Does.Contain("shares 90, 10 % refused").And.Contain("best share 4.20G"));
        Assert.That(text, Does.Contain("effort 150 %").And.Contain("last 2h ago").And.Contain("height 840000"));
        Assert.That(text, Does.Contain("0.00000001 immature"));
        Assert.That(text, Does.Match("839999 +immature +12 +50 % +2h +miner0"));
    }

    [Test]
    public void Colours_are_left_out_where_they_are_not_wanted()
    {
        var lines = TopScreen.Lines(State(2), 100, 30, 0, Now);
        Assert.That(TopScreen.Draw(lines, withColor: true), Does.Contain("\u001b[1;36m").And.Contain("\u001b[33m"));
        Assert.That(TopScreen.Draw(lines, withColor: false), Does.Not.Match("\u001b\\[[0-9;]*m"));
    }

    [Test]
    public void Events_change_what_is_shown_and_those_of_another_pool_do_not()
    {
        using var feed = new TopFeed(new Uri("http://127.0.0.1:9"));
        feed.Apply("snapshot", Parse("""{"pool":"","stats":{"miners":7}}"""));
        feed.Apply("snapshot", Parse("""{"pool":"other","stats":{"miners":8}}"""));
        Assert.That(feed.State.Stats.Number("miners"), Is.EqualTo(7));
        feed.Apply("block", Parse("""{"change":"found","block":{"height":5,"finder":"x"}}"""));
        Assert.That(feed.State.Event, Is.EqualTo("block 5 found, found by x"));
        feed.Apply("something-new", Parse("{}"));
        Assert.That(feed.State.Event, Is.EqualTo("block 5 found, found by x"));
    }

    private static JsonElement Parse(string json) => JsonDocument.Parse(json).RootElement;

    private static TopState State(int miners) => new()
    {
        Server = "h:4444",
        Pools = ["btc", "ltc"],
        Pool = "btc",
        Stats = Parse(
            """
            {"symbol":"BTC","hashrates":{"1m":1e12,"5m":2e12},"miners":3,"workers":4,"effort":1.5,"bestDifficulty":4.2e9,
             "shares":{"valid":90,"stale":5,"duplicate":3,"lowdiff":2,"invalid":0},"lastBlockTime":"2026-11-21T23:00:00Z",
             "blocks":{"found":3,"immature":1,"confirmed":1,"orphaned":1},"network":{"height":840000,"difficulty":1e14,"hashrate":6e20},
             "balances":{"immature":{"amount":"1","decimal":"0.00000001"},"confirmed":{"amount":"0","decimal":"0.00000000"}}}
            """),
        Miners = [.. Enumerable.Range(0, miners).Select(i => JsonSerializer.SerializeToElement(new
        {
            address = i % 2 == 0 ? $"miner{i}" : Hostile[i % Hostile.Length],
            hashrate = 1e12 / (i + 1),
            workers = 1,
            shares = 5,
            lastShare = Now.AddMinutes(-i),
        }))],
        Blocks = [.. Enumerable.Range(0, Math.Min(miners, 20)).Select(i => JsonSerializer.SerializeToElement(new
        {
            height = 839_999 - i,
            state = "immature",
            confirmations = 12,
            effort = 0.5,
            time = Now.AddHours(-2),
            finder = $"miner{i}",
        }))],
    };
}
