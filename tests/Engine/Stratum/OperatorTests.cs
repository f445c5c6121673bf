namespace Viddhana.Tests.Engine.Stratum;

/// <summary>What an operator does to a connection: a fresh extranonce1, and the farewell.</summary>
public sealed class OperatorTests
{
    private const string ExtranonceSubscribe = """{"id":3,"method":"mining.extranonce.subscribe","params":[]}""" + "\n";

    private const string Configure = """{"id":3,"method":"mining.configure","params":[["subscribe-extranonce"],{}]}""" + "\n";

    [TestCase(ExtranonceSubscribe)]
    [TestCase(Configure)]
    public void A_fresh_extranonce1_comes_with_clean_new_work_and_counts_from_there(string agreement)
    {
        var rig = new Rig();
        rig.Send(agreement);
        var before = Rig.LastJobId(rig.Send(Rig.Subscribe + Rig.Authorize));
        var output = Renumber(rig);
        Assert.That(output, Does.StartWith("""{"id":null,"method":"mining.set_extranonce","params":["0040000b",8]}""" + "\n"
            + """{"id":null,"method":"mining.notify"""));
        Assert.That(output, Does.EndWith("true]}\n"));
        Assert.That(Rig.LastJobId(output), Is.Not.EqualTo(before));

        rig.Send(Rig.Submit(before) + Rig.Submit(Rig.LastJobId(output)));
        Assert.That(rig.Judged.Select(share => share.Pending.Extranonce1), Is.EqualTo(new[] { 0x0a004000u, 0x0b004000u }));
        Assert.That(rig.Numbers.Returned, Is.EqualTo(new[] { 0x0040000au }));
        rig.Close();
        Assert.That(rig.Numbers.Taken, Is.EqualTo(new[] { 0x0040000bu }), "it may be resumed with the new one");
    }

    [Test]
    public void Without_work_to_send_the_number_counts_from_the_next_job_which_is_clean()
    {
        var rig = new Rig();
        rig.Send(ExtranonceSubscribe);
        rig.LoggedIn();
        rig.CurrentJob!.Retire(rig.NowMs);
        Assert.That(Renumber(rig), Is.EqualTo("""{"id":null,"method":"mining.set_extranonce","params":["0040000b",8]}""" + "\n"));
        var output = rig.Publish(rig.MakeJob(tip: 1));
        Assert.That(output, Does.EndWith("true]}\n"));
        Assert.That(rig.Publish(rig.MakeJob(tip: 1)), Does.EndWith("false]}\n"), "once");
    }

    [Test]
    public void Who_cannot_follow_keeps_its_number()
    {
        var rig = new Rig().LoggedIn();
        Assert.That(rig.Session.TryRenumber(rig.Output, rig.Now), Is.False, "it did not agree");
        rig.Send(ExtranonceSubscribe);
        rig.Numbers.AreGone = true;
        Assert.That(rig.Session.TryRenumber(rig.Output, rig.Now), Is.False, "no number is free");
        Assert.That(rig.Output.Count, Is.Zero);
        Assert.That(rig.Session.Extranonce1, Is.EqualTo(0x0040000au));

        rig = new Rig();
        rig.Send(ExtranonceSubscribe);
        Assert.That(rig.Session.TryRenumber(rig.Output, rig.Now), Is.False, "not subscribed yet");
    }

    [TestCase(null, "[]")]
    [TestCase("pool2.example.com:3333", """["pool2.example.com",3333,0]""")]
    [TestCase("[2001:db8::1]:3333", """["[2001:db8::1]",3333,0]""")]
    [Category("a65")]
    public void At_a_stop_clients_are_told_to_come_back_or_where_to_go(string? drainTo, string parameters)
    {
        var rig = new Rig(drainTo: drainTo).LoggedIn();
        Assert.That(Drain(rig), Is.EqualTo($$"""{"id":null,"method":"client.reconnect","params":{{parameters}}}""" + "\n"));
        Assert.That(Drain(new Rig(drainTo: drainTo)), Is.Empty, "not before subscribe");
    }

    [TestCase("pool2.example.com")]
    [TestCase("pool2.example.com:0")]
    [TestCase("pool2.example.com:65536")]
    [TestCase("pool2.example.com:x")]
    [TestCase(":3333")]
    [Category("a65")]
    public void A_place_to_go_is_host_and_port(string drainTo) => Assert.That(() => new Rig(drainTo: drainTo), Throws.ArgumentException);

    [TestCase("cgminer/4.11.1", true)]
    [TestCase("CGMiner/4.12", true)]
    [TestCase("sgminer/5.6.1", true)]
    [TestCase("bfgminer/5.5.0", true)]
    [TestCase("bitaxe/BM1370/v2.9", false)]
    [TestCase("NerdMinerV2/1.8.3", false)]
    [TestCase("cpuminer/2.5.1", false)]
    [TestCase("Antminer S21/1.0", false)]
    [TestCase("bosminer-plus-tuner 0.9.3", false)]
    [TestCase("NiceHash/1.0.0", false)]
    [TestCase("GMiner/3.44", false)]
    [TestCase("xcgminer", false)]
    [TestCase("", false)]
    [Category("a66")]
    public void Messages_go_to_clients_of_cgminers_kin_only(string userAgent, bool isTold)
    {
        var rig = new Rig();
        rig.Send(Rig.Ask("1", "mining.subscribe", $"""["{userAgent}"]"""));
        var refused = rig.Send(Rig.Ask("2", "mining.authorize", """["nobody","x"]""")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        const string Reason = "Unknown account: the user name must begin with your payout address";
        Assert.That(refused[^1], Is.EqualTo($$"""{"id":2,"result":false,"error":[24,"{{Reason}}",null]}"""));
        string[] told = isTold ? [$$"""{"id":null,"method":"client.show_message","params":["{{Reason}}"]}"""] : [];
        Assert.That(refused[..^1], Is.EqualTo(told), "before the answer, and nothing else");

        rig.Send(Rig.Authorize);
        Assert.That(Drain(rig).Contains("client.show_message", StringComparison.Ordinal), Is.EqualTo(isTold));
    }

    private static string Renumber(Rig rig)
    {
        Assert.That(rig.Session.TryRenumber(rig.Output, rig.Now), Is.True);
        return Take(rig);
    }

    private static string Drain(Rig rig)
    {
        rig.Session.OnDrain(rig.Output);
        return Take(rig);
    }

    private static string Take(Rig rig)
    {
        var text = System.Text.Encoding.ASCII.GetString(rig.Output.Written);
        rig.Output.Clear();
        return text;
    }
}
