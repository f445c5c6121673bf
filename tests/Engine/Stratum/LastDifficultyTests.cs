using System.Text;
using Viddhana.Contracts.Config;
using Viddhana.Core;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum;

namespace Viddhana.Tests.Engine.Stratum;

/// <summary>A worker that comes again starts at the difficulty it had last, here or on another engine.</summary>
[Category("a53")]
public sealed class LastDifficultyTests
{
    [TestCase(599_000, "4096")]
    [TestCase(600_000, "1024")]
    public void A_worker_that_comes_again_within_ten_minutes_starts_where_it_was(long afterMs, string expected)
    {
        var rig = Measured("4096");
        rig.Reconnect(afterMs);
        Assert.That(FirstDifficulty(rig.Send(Rig.Subscribe + Rig.Authorize)), Is.EqualTo(expected));
    }

    [Test]
    public void What_vardiff_found_is_remembered()
    {
        var rig = new Rig().LoggedIn();
        var reply = "";
        for (var i = 0; i < 600 && !reply.Contains("set_difficulty", StringComparison.Ordinal); i++)
        {
            rig.Send(Rig.Submit(Rig.JobId(rig.CurrentJob!), nonce: i.ToString("x8")));
            reply += rig.Tick(100);
        }

        var found = FirstDifficulty(reply);
        Assert.That(found, Is.Not.EqualTo("1024"));
        rig.Reconnect(1_000);
        Assert.That(FirstDifficulty(rig.Send(Rig.Subscribe + Rig.Authorize)), Is.EqualTo(found));
    }

    [Test]
    public void An_hour_after_the_last_change_a_steady_miner_is_still_remembered()
    {
        var rig = new Rig(new DifficultyConfig { IdleSeconds = 3_600, RetargetSeconds = 3_600 }).LoggedIn();
        rig.Send(Rig.Ask("5", "mining.suggest_difficulty", "[4096]"));
        rig.Send(Rig.Submit(Rig.JobId(rig.CurrentJob!, 1)));
        for (var minute = 0; minute < 50; minute++) rig.Tick(60_000);
        var session = rig.Session;
        rig.Connect();
        Assert.That(FirstDifficulty(rig.Send(Rig.Subscribe + Rig.Authorize)), Is.EqualTo("4096"), "while the first one is still connected");
        GC.KeepAlive(session);
    }

    [Test]
    public void Another_worker_of_the_account_starts_at_the_ports_start()
    {
        var rig = Measured("4096");
        rig.Reconnect();
        var reply = rig.Send(Rig.Subscribe + Rig.Ask("2", "mining.authorize", $$"""["{{Rig.Address}}.other","x"]"""));
        Assert.That(FirstDifficulty(reply), Is.EqualTo("1024"));
        rig.Reconnect();
        reply = rig.Send(Rig.Subscribe + Rig.Ask("2", "mining.authorize", $$"""["{{Rig.Address.ToUpperInvariant()}}_rig","x"]"""));
        Assert.That(FirstDifficulty(reply), Is.EqualTo("4096"), "however the name is spelled");
    }

    [Test]
    public void Who_found_nothing_leaves_nothing_to_remember()
    {
        var rig = new Rig { Judge = _ => ShareResult.LowDifficulty }.LoggedIn();
        rig.Send(Rig.Ask("5", "mining.suggest_difficulty", "[4096]"));
        rig.Send(Rig.Submit(Rig.JobId(rig.CurrentJob!, 1)));
        rig.Reconnect();
        Assert.That(FirstDifficulty(rig.Send(Rig.Subscribe + Rig.Authorize)), Is.EqualTo("1024"));
    }

    [Test]
    public void A_fixed_difficulty_is_neither_remembered_nor_replaced([Values("fd=2048", "port")] string how)
    {
        var rig = how == "port" ? new Rig(new DifficultyConfig { Vardiff = false }) : new Rig();
        var login = Rig.Subscribe + Rig.Ask("2", "mining.authorize", $$"""["{{Rig.Address}}.rig","{{how}}"]""");
        var reply = rig.Send(login);
        rig.Send(Rig.Submit(Rig.LastJobId(reply)));
        rig.Reconnect();
        Assert.That(rig.Last.TryGet(Worker("rig"), rig.Now, out _), Is.False);
        rig.Last.Set(Worker("rig"), Difficulty.FromInteger(9), rig.Now);
        Assert.That(FirstDifficulty(rig.Send(login)), Is.EqualTo(FirstDifficulty(reply)));
    }

    [Test]
    public void It_is_held_within_the_ports_range_and_the_devices()
    {
        var rig = Measured("4096");
        rig.Reconnect();
        var reply = rig.Send("""{"id":1,"method":"mining.subscribe","params":["NiceHash/1.0.0"]}""" + "\n" + Rig.Authorize);
        Assert.That(FirstDifficulty(reply), Is.EqualTo("524288"));

        rig = new Rig(new DifficultyConfig { Max = "2000" });
        rig.Last.Set(Worker("rig"), Difficulty.FromInteger(4096), rig.Now);
        Assert.That(FirstDifficulty(rig.Send(Rig.Subscribe + Rig.Authorize)), Is.EqualTo("2000"));
    }

    [Test]
    public void What_another_engine_knows_moves_a_worker_that_has_begun_at_the_start_with_new_work()
    {
        var rig = new Rig(isShared: true);
        Assert.That(FirstDifficulty(rig.Send(Rig.Subscribe + Rig.Authorize)), Is.EqualTo("1024"), "login waits for nobody");
        Learn(rig, "4096");

        var reply = rig.Tick(1_000);
        Assert.That(FirstDifficulty(reply), Is.EqualTo("4096"));
        Assert.That(Rig.LastJobId(reply), Is.EqualTo(Rig.JobId(rig.CurrentJob!, 1)));
        rig.Send(Rig.Submit(Rig.JobId(rig.CurrentJob!)));
        Assert.That(rig.Judged[^1].Pending.Work.Difficulty.Difficulty.Text, Is.EqualTo("1024"), "as it was sent");
    }

    [Test]
    public void Word_that_comes_too_late_or_after_the_owners_choice_changes_nothing()
    {
        var rig = new Rig(isShared: true).LoggedIn();
        for (var i = 0; i < 6; i++) rig.Tick(1_000);
        Learn(rig, "4096");
        Assert.That(rig.Tick(1_000), Is.Empty);

        rig = new Rig(isShared: true);
        rig.Send(Rig.Subscribe + Rig.Ask("2", "mining.authorize", $$"""["{{Rig.Address}}.rig","d=2048"]"""));
        Learn(rig, "4096");
        Assert.That(rig.Tick(1_000), Is.Empty);
    }

    [Test]
    public void Two_hundred_thousand_names_take_no_more_memory_than_a_thousand()
    {
        var table = new WorkerDifficulties(600_000, 1_024);
        void Fill(int from, int to)
        {
            for (var i = from; i < to; i++) table.Set(Worker($"w{i}"), Difficulty.FromInteger(1 + i), new Now(0, i));
        }

        Fill(0, 1_000);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        Fill(1_000, 200_000);
        Assert.That(GC.GetTotalMemory(forceFullCollection: true) - before, Is.LessThan(1 << 20));
        Assert.That(table.TryGet(Worker("w199999"), new Now(0, 200_000), out var value), Is.True, "the newest is there");
        Assert.That(value.Text, Is.EqualTo("200000"));
        var known = Enumerable.Range(0, 200_000).Count(i => table.TryGet(Worker($"w{i}"), new Now(0, 199_999), out _));
        Assert.That(known, Is.LessThanOrEqualTo(1_024).And.GreaterThan(700));
        GC.KeepAlive(table);
    }

    [Test]
    public void Questions_to_other_engines_are_bounded_and_asked_once()
    {
        var table = new WorkerDifficulties(600_000, 1_024, isShared: true);
        for (var i = 0; i < 10_000; i++) table.Ask(Worker($"w{i}"));
        var asked = new UInt128[10_000];
        Assert.That(table.TakeAsked(asked.AsSpan(0, 1_000)), Is.EqualTo(1_000));
        Assert.That(table.TakeAsked(asked.AsSpan(1_000)), Is.EqualTo(WorkerDifficulties.AskedMax - 1_000));
        Assert.That(asked.Take(WorkerDifficulties.AskedMax).Distinct().Count(), Is.EqualTo(WorkerDifficulties.AskedMax));
        Assert.That(table.TakeAsked(asked), Is.Zero);
    }

    [Test]
    public void Each_change_is_told_once_and_what_could_not_be_told_again_unless_it_is_old()
    {
        var table = new WorkerDifficulties(600_000, 1_024, isShared: true);
        for (var i = 0; i < 100; i++) table.Set(Worker($"w{i}"), Difficulty.FromInteger(1 + i), new Now(0, 1_000));
        table.Learn(new LastDifficulty(12345, Difficulty.One, 1_000));
        var told = TakeAll(table);
        Assert.That(told, Has.Count.EqualTo(100), "nor what other engines said");
        Assert.That(TakeAll(table), Is.Empty);

        table.Set(Worker("w7"), Difficulty.FromInteger(777), new Now(0, 2_000));
        table.GiveBack(told.ToArray());
        var again = TakeAll(table);
        Assert.That(again, Has.Count.EqualTo(100));
        Assert.That(again.Count(last => last.Value == Difficulty.FromInteger(777)), Is.EqualTo(1));
        Assert.That(again.Count(last => last.Value == Difficulty.FromInteger(8)), Is.Zero, "the newer one counts");
    }

    [Test]
    public void A_clock_that_runs_ahead_elsewhere_makes_nothing_young_for_ever()
    {
        var table = new WorkerDifficulties(600_000, 1_024);
        table.Set(Worker("w"), Difficulty.One, new Now(0, 10_000_000));
        Assert.That(table.TryGet(Worker("w"), new Now(0, 9_500_000), out _), Is.True);
        Assert.That(table.TryGet(Worker("w"), new Now(0, 9_300_000), out _), Is.False);
    }

    private static List<LastDifficulty> TakeAll(WorkerDifficulties table)
    {
        var all = new List<LastDifficulty>();
        var some = new LastDifficulty[16];
        while (table.HasChanged) all.AddRange(some.Take(table.TakeChanged(some)));
        return all;
    }

    private static void Learn(Rig rig, string difficulty)
    {
        var asked = new UInt128[8];
        var count = rig.Last.TakeAsked(asked);
        Assert.That(count, Is.EqualTo(1), "the worker was asked about");
        Assert.That(Difficulty.TryParse(difficulty, out var value), Is.True);
        rig.Last.Learn(new LastDifficulty(asked[0], value, rig.Now.UtcMs - 30_000));
    }

    private static Rig Measured(string difficulty)
    {
        var rig = new Rig().LoggedIn();
        var reply = rig.Send(Rig.Ask("5", "mining.suggest_difficulty", $"[{difficulty}]"));
        rig.Send(Rig.Submit(Rig.LastJobId(reply)));
        return rig;
    }

    private static Worker Worker(string name) => new(Encoding.ASCII.GetBytes($"{Rig.Address}.{name}"));

    private static string FirstDifficulty(string output)
    {
        const string Method = "mining.set_difficulty\",\"params\":[";
        var at = output.IndexOf(Method, StringComparison.Ordinal) + Method.Length;
        return output[at..output.IndexOf(']', at)];
    }
}
