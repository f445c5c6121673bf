using Viddhana.Contracts.Config;
using Viddhana.Core.Shares;

namespace Viddhana.Tests.Engine.Stratum;

/// <summary>Who decides the first difficulty when several want to: docs/difficulty.md, row by row.</summary>
public sealed class DifficultyOrderTests
{
    private const string Any = "x";

    // Port 1024, 16 to 1000000. What the worker had last: 300.
    [TestCase(Any, "test", null, null, false, "1024", Description = "nobody wants anything: the port's start")]
    [TestCase(Any, "test", "200", null, false, "200", Description = "a suggestion over the port's start")]
    [TestCase(Any, "test", "1", null, false, "16", Description = "never below the port")]
    [TestCase(Any, "test", "99999999", null, false, "1000000", Description = "never above it")]
    [TestCase(Any, "test", null, null, true, "300", Description = "what the worker had last over the port's start")]
    [TestCase(Any, "test", "200", null, true, "300", Description = "and over a suggestion")]
    [TestCase("d=400", "test", "200", null, true, "400", Description = "the password over all of these")]
    [TestCase("diff=400", "test", null, null, true, "400")]
    [TestCase("fd=500,d=400", "test", "200", null, true, "500", Description = "fixed over start")]
    [TestCase("d=1", "test", null, null, false, "16", Description = "the port's range over the password")]
    [TestCase("fd=99999999", "test", null, null, false, "1000000")]
    [TestCase("md=2000", "test", null, null, false, "2000", Description = "a floor lifts the start")]
    [TestCase("md=2000", "test", "200", null, true, "2000", Description = "and whatever else is lower")]
    [TestCase("d=400,md=2000", "test", null, null, false, "2000")]
    [TestCase("md=512;d=1024", "test", null, null, true, "1024")]
    [TestCase("md=99999999", "test", null, null, false, "1000000", Description = "but not over the port's maximum")]
    [TestCase(Any, "test", null, "2048", false, "2048", Description = "minimum-difficulty is a floor as well")]
    [TestCase("md=2000", "test", null, "3000", false, "3000", Description = "the highest floor counts")]
    [TestCase("md=4000", "test", null, "3000", false, "4000")]
    [TestCase("md=4000", "test", null, "0", false, "4000", Description = "taking back one leaves the other")]
    [TestCase(Any, "NiceHash/1.0.0", null, null, false, "524288", Description = "the device's floor")]
    [TestCase("d=600000", "NiceHash/1.0.0", "200", null, true, "600000")]
    [TestCase("d=400", "NiceHash/1.0.0", null, null, true, "524288", Description = "over a password that its validator would refuse")]
    [TestCase("fd=400", "NiceHash/1.0.0", null, null, false, "524288")]
    [TestCase(Any, "MiningRigRentals/Test/1.0", null, null, false, "524288")]
    [Category("a52")]
    public void The_first_difficulty_is_the_one_of_the_documented_order(
        string password, string userAgent, string? suggestion, string? minimum, bool isKnown, string expected)
    {
        var rig = new Rig(new DifficultyConfig { Min = "16", Max = "1000000" });
        Assert.That(FirstDifficulty(rig, password, userAgent, suggestion, minimum, isKnown), Is.EqualTo(expected));
    }

    [TestCase("x", "0.5", "1", Description = "older firmware reads 0.5 as 0")]
    [TestCase("d=0.25", null, "1")]
    [TestCase("d=2048", null, "2048")]
    [Category("a50")]
    [Category("a52")]
    public void A_bitaxe_gets_a_whole_number(string password, string? suggestion, string expected)
    {
        var rig = new Rig(new DifficultyConfig { Start = "0.5" });
        Assert.That(FirstDifficulty(rig, password, "bitaxe/BM1370/v2.9", suggestion, null, false), Is.EqualTo(expected));
    }

    [TestCase("70000", "70000", Description = "as the operator configured it")]
    [TestCase("1", "1024")]
    [Category("a52")]
    public void The_floor_of_rental_services_is_configured(string rentalMin, string expected)
    {
        var rig = new Rig(new DifficultyConfig { RentalMin = rentalMin });
        Assert.That(FirstDifficulty(rig, "x", "NiceHash/1.0.0", null, null, false), Is.EqualTo(expected));
    }

    [TestCase(Rig.Address + "+4096", "x", "4096")]
    [TestCase(Rig.Address + "+4096.rig", "x", "4096")]
    [TestCase(Rig.Address + "%2B4096%2Erig", "x", "4096")]
    [TestCase(Rig.Address + "+4096.rig", "d=2048", "2048", Description = "the password wins")]
    [TestCase(Rig.Address + ".rig+4096", "x", "1024", Description = "a worker's name may have a plus")]
    [TestCase(Rig.Address + "+4096x", "x", "1024")]
    [TestCase(Rig.Address + "+0", "x", "1024")]
    [TestCase(Rig.Address + "+", "x", "1024")]
    [TestCase(Rig.Address + "+99999999999999999999999999999999999999999999", "x", "1024")]
    [Category("a52")]
    public void The_user_name_may_ask_as_well(string user, string password, string expected)
    {
        var reply = new Rig().Send(Rig.Subscribe + Rig.Ask("2", "mining.authorize", $$"""["{{user}}","{{password}}"]"""));
        Assert.That(reply, Does.Contain($"mining.set_difficulty\",\"params\":[{expected}]"));
    }

    [Test]
    public void The_first_suggestion_after_login_gives_way_to_what_the_worker_had_and_a_changed_one_is_followed()
    {
        var rig = new Rig();
        rig.Last.Set(new Worker("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4.rig"u8.ToArray()), Difficulty.FromInteger(300), rig.Now);
        Assert.That(rig.LoggedIn().Send(Rig.Ask("3", "mining.suggest_difficulty", "[1000]")), Does.Not.Contain("notify"));
        rig.NowMs += 5_000;
        Assert.That(rig.Send(Rig.Ask("3", "mining.suggest_difficulty", "[1000]")), Does.Not.Contain("notify"), "nor when it is repeated");
        Assert.That(rig.Send(Rig.Ask("3", "mining.suggest_difficulty", "[2000]")), Does.Contain("\"params\":[2000]"));
    }

    [Test]
    [Category("a4")]
    public void Vardiff_never_goes_below_a_floor()
    {
        var rig = new Rig();
        rig.Send(Rig.Ask("1", "mining.configure", """[["minimum-difficulty"],{"minimum-difficulty.value":1000}]"""));
        var all = rig.LoggedIn().Tick(0);
        for (var minute = 0; minute < 240; minute++) all += rig.Tick(60_000);
        Assert.That(all, Does.Contain("mining.set_difficulty\",\"params\":[1000]"));
        Assert.That(all.Split("set_difficulty"), Has.Length.EqualTo(2), "and stays there");
    }

    private static string FirstDifficulty(
        Rig rig, string password, string userAgent, string? suggestion, string? minimum, bool isKnown)
    {
        if (isKnown)
        {
            var worker = new Worker("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4.rig"u8.ToArray());
            rig.Last.Set(worker, Difficulty.FromInteger(300), rig.Now);
        }

        if (minimum is not null)
            rig.Send(Rig.Ask("1", "mining.configure", $$"""[["minimum-difficulty"],{"minimum-difficulty.value":{{minimum}}}]"""));
        if (suggestion is not null) rig.Send(Rig.Ask("null", "mining.suggest_difficulty", $"[{suggestion}]"));
        var reply = rig.Send(
            Rig.Ask("1", "mining.subscribe", $"""["{userAgent}"]""")
            + Rig.Ask("2", "mining.authorize", $$"""["{{Rig.Address}}.rig","{{password}}"]"""));
        const string Method = "mining.set_difficulty\",\"params\":[";
        var at = reply.IndexOf(Method, StringComparison.Ordinal) + Method.Length;
        return reply[at..reply.IndexOf(']', at)];
    }
}
