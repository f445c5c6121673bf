using System.Text;
using Viddhana.Contracts.Config;
using Viddhana.Core.Stratum;

namespace Viddhana.Tests.Engine.Stratum;

/// <summary>What owners ask for by password and clients by method, and the names they use.</summary>
public sealed class AskedDifficultyTests
{
    [Category("a52")]
    [TestCase("x", "1024")]
    [TestCase("", "1024")]
    [TestCase("d=2048", "2048")]
    [TestCase("D=2048", "1024")]
    [TestCase("diff=2048", "2048")]
    [TestCase("d=163840,md=163840", "163840")]
    [TestCase("md=512;d=2048", "2048")]
    [TestCase("d=256,md=512", "512")]
    [TestCase("md=4096", "4096")]
    [TestCase("x,d=0.5", "0.5")]
    [TestCase("x;d=.5 y", "0.5")]
    [TestCase("id=5", "1024")]
    [TestCase("md5=7", "1024")]
    [TestCase("pd=5&d=6", "6")]
    [TestCase("d=abc", "1024")]
    [TestCase("d=", "1024")]
    [TestCase("d=0", "1024")]
    [TestCase("d=-5", "1024")]
    [TestCase("d=NaN", "1024")]
    [TestCase("d=Infinity", "1024")]
    [TestCase("d=0x10", "1024")]
    [TestCase("d=1e308", "2147483648")]
    [TestCase("d=1e999", "2147483648")]
    [TestCase("d=99999999999999", "2147483648")]
    [TestCase("d=0.0000001", "0.001")]
    [TestCase("fd=333", "333")]
    [TestCase("fd=333,d=444", "333")]
    [TestCase("d=444,fd=333", "333")]
    public void The_password_says_where_difficulty_starts(string password, string expected)
    {
        var rig = new Rig();
        var reply = rig.Send(Rig.Subscribe + Rig.Ask("2", "mining.authorize", $$"""["{{Rig.Address}}","{{password}}"]"""));
        Assert.That(reply, Does.Contain($"""mining.set_difficulty","params":[{expected}]"""));
    }

    [Category("a13")]
    [Category("a51")]
    [TestCase("1000", "1000")]
    [TestCase("\"1000\"", "1000")]
    [TestCase("0.00015", "0.001")]
    [TestCase("1e-12", "0.001")]
    [TestCase("1.5e3", "1500")]
    [TestCase("1e400", "2147483648")]
    [TestCase("-1", null)]
    [TestCase("0", null)]
    [TestCase("null", null)]
    [TestCase("[1]", null)]
    [TestCase("\"\"", null)]
    [TestCase("\"1 \"", null)]
    public void A_suggestion_before_login_is_remembered(string value, string? expected)
    {
        var rig = new Rig();
        var answer = rig.Send($$"""{"id":1,"method":"mining.suggest_difficulty","params":[{{value}}]}""" + "\n");
        Assert.That(answer, Is.EqualTo($$"""{"id":1,"result":{{(expected is null ? "false" : "true")}},"error":null}""" + "\n"));
        Assert.That(rig.Send(Rig.Subscribe + Rig.Authorize), Does.Contain($"""mining.set_difficulty","params":[{expected ?? "1024"}]"""));
    }

    [Test]
    public void A_password_beats_suggestions()
    {
        var rig = new Rig();
        rig.Send(Rig.Subscribe + $$"""{"id":2,"method":"mining.authorize","params":["{{Rig.Address}}","d=4096"]}""" + "\n");
        Assert.That(rig.Send("""{"id":1,"method":"mining.suggest_difficulty","params":[1000]}""" + "\n"), Does.Not.Contain("notify"));
    }

    [Test]
    public void The_password_of_a_further_worker_changes_nothing()
    {
        var rig = new Rig().LoggedIn();
        rig.NowMs += 5000;
        var reply = rig.Send(Rig.Ask("2", "mining.authorize", $$"""["{{Rig.Address}}.two","d=4096"]"""));
        Assert.That(reply + rig.Publish(rig.MakeJob(tip: 1)), Does.Not.Contain("set_difficulty"));
    }

    [Test]
    [Category("a51")]
    public void A_suggestion_that_is_repeated_does_not_undo_what_was_measured_since()
    {
        var rig = new Rig().LoggedIn();
        var suggestion = Rig.Ask("null", "mining.suggest_difficulty", "[100000]");
        Assert.That(rig.Send(suggestion), Does.Contain("\"params\":[100000]"));
        Assert.That(rig.Tick(60_000) + rig.Tick(60_000), Does.Contain("set_difficulty"), "silence lowers it");
        rig.NowMs += 5000;
        Assert.That(rig.Send(suggestion), Is.Empty);
    }

    [Test]
    [Category("a4")]
    public void A_minimum_by_configure_holds_from_the_next_work_on_and_may_be_changed()
    {
        var rig = new Rig();
        string Configure(string value) =>
            rig.Send(Rig.Ask("1", "mining.configure", $$"""[["minimum-difficulty"],{"minimum-difficulty.value":{{value}}}]"""));
        Assert.That(Configure("2048"), Is.EqualTo("""{"id":1,"result":{"minimum-difficulty":true},"error":null}""" + "\n"));
        Assert.That(rig.Send(Rig.Subscribe + Rig.Authorize), Does.Contain("\"params\":[2048]"));
        Assert.That(rig.Send("""{"id":1,"method":"mining.suggest_difficulty","params":[1000]}""" + "\n"), Does.Not.Contain("notify"));
        rig.NowMs += 5000;
        Assert.That(Configure("4096"), Does.Contain("\"params\":[4096]"));
        rig.NowMs += 5000;
        Assert.That(Configure("0"), Does.Contain("\"minimum-difficulty\":true"));
        Assert.That(rig.Send(Rig.Ask("1", "mining.suggest_difficulty", """[1001]""")), Does.Contain("\"params\":[1001]"));
        Assert.That(Configure("\"7\""), Does.Contain("\"minimum-difficulty\":false"));
    }

    [Category("a14")]
    [TestCase("[\"0000000000ffff00000000000000000000000000000000000000000000000000\"]", "250")]
    [TestCase("[\"00000000ffff0000000000000000000000000000000000000000000000000000\"]", "1")]
    [TestCase("[\"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\"]", "0.001")]
    [TestCase("[\"0000000000000000000000000000000000000000000000000000000000000000\"]", "1024")]
    [TestCase("[\"0000000000000000000000000000000000000000000000000000000000000001\"]", "2100000000")]
    [TestCase("[\"00000000ffff\"]", "1024")]
    [TestCase("[7]", "1024")]
    public void A_target_may_be_suggested(string parameters, string expected)
    {
        var rig = new Rig();
        Assert.That(rig.Send($$"""{"id":null,"method":"mining.suggest_target","params":{{parameters}}}""" + "\n"), Is.Empty);
        Assert.That(rig.Send(Rig.Subscribe + Rig.Authorize), Does.Contain($"""mining.set_difficulty","params":[{expected}]"""));
    }

    [TestCase(Rig.Address, Rig.Address)]
    [TestCase(Rig.Address + ".w", Rig.Address + ".w")]
    [TestCase(Rig.Address + "_w", Rig.Address + ".w")]
    [TestCase(Rig.Address + ".w_1~mod.2", Rig.Address + ".w_1~mod.2")]
    [TestCase(Rig.Address + "~mod", Rig.Address + ".~mod")]
    [TestCase(Rig.Address + "+4096", Rig.Address)]
    [TestCase(Rig.Address + "+4096.w", Rig.Address + ".w")]
    [TestCase(Rig.Address + "+4096_w", Rig.Address + ".w")]
    [TestCase(Rig.Address + "+4096~mod", Rig.Address + ".~mod")]
    [TestCase(Rig.Address + "+fast", Rig.Address + ".+fast")]
    [TestCase(Rig.Address + ".w+4096", Rig.Address + ".w+4096")]
    [TestCase(Rig.Address + "%2B4096%2Ew", Rig.Address + ".w")]
    [TestCase(Rig.Address + "%2Ew", Rig.Address + ".w")]
    [TestCase(Rig.Address + ".100%25", Rig.Address + ".100%25")]
    [TestCase(Rig.Address + ".", Rig.Address)]
    [TestCase(Rig.Address + ".\u001b[2Jé\u202e x\n\0y", Rig.Address + ".[2Jxy")]
    [TestCase(Rig.Address + ".<img src=x>';--", Rig.Address + ".<imgsrc=x>';--")]
    [TestCase("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4.W", Rig.Address + ".W")]
    [TestCase("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2.a", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2.a")]
    [TestCase("Bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", null)]
    [TestCase("tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", null)]
    [TestCase("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3", null)]
    [TestCase("bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a", null)]
    [TestCase("../../etc/passwd", null)]
    [TestCase("", null)]
    public void One_account_has_one_name(string user, string? name)
    {
        var canonical = WorkerName.Canonical(Encoding.UTF8.GetBytes(user), new Rig().Pool, out var error, out _);
        Assert.That(canonical is null ? null : Encoding.ASCII.GetString(canonical), Is.EqualTo(name));
        Assert.That(error, Is.Not.Empty);
    }

    [Test]
    public void Names_of_191_bytes_are_taken_and_longer_ones_refused()
    {
        var rig = new Rig();
        var longest = Rig.Address + "." + new string('w', 190 - Rig.Address.Length);
        Assert.That(WorkerName.Canonical(Encoding.ASCII.GetBytes(longest), rig.Pool, out _, out _), Has.Length.EqualTo(191));
        Assert.That(WorkerName.Canonical(Encoding.ASCII.GetBytes(longest + "w"), rig.Pool, out _, out _), Is.Null);
        var reply = rig.Send($$"""{"id":2,"method":"mining.authorize","params":["{{longest}}{{new string('w', 2000)}}","x"]}""" + "\n");
        Assert.That(reply, Does.Contain("[24,\"User name too long\",null]"));
    }

    [Test]
    public void A_port_clamps_its_start_and_refuses_what_is_no_difficulty()
    {
        Assert.That(new SessionPort(new DifficultyConfig { Start = "5", Min = "10", Max = "20" }).Start.Text, Is.EqualTo("10"));
        Assert.That(new SessionPort(new DifficultyConfig { Start = "50", Min = "10", Max = "20" }).Start.Text, Is.EqualTo("20"));
        Assert.That(() => new SessionPort(new DifficultyConfig { Min = "x" }), Throws.ArgumentException);
        Assert.That(() => new SessionPort(new DifficultyConfig { Min = "10", Max = "5" }), Throws.ArgumentException);
    }
}
