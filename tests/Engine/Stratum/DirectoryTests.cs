using System.Text;
using Viddhana.Contracts.Published;
using Viddhana.Core.Access;
using Viddhana.Core.Shares;

namespace Viddhana.Tests.Engine.Stratum;

/// <summary>Names that are no addresses, and who is banned, at login and on a connection that goes on.</summary>
public sealed class DirectoryTests
{
    private const string Unknown =
        """{"id":3,"result":false,"error":[24,"Unknown account: the user name must begin with your payout address",null]}""" + "\n";

    [TestCase("alice", "alice")]
    [TestCase("alice.rig1", "alice.rig1")]
    [TestCase("Alice_rig1", "alice.rig1")]
    [TestCase("ALICE+4096.rig1", "alice.rig1")]
    [TestCase("alice%2Erig1", "alice.rig1")]
    [TestCase("alice~solo", "alice.~solo")]
    public void A_published_name_is_an_account(string user, string credited)
    {
        var rig = new Rig { Directory = Of(["alice"]) };
        rig.Send(Rig.Subscribe);
        Assert.That(Authorize(rig, user), Does.StartWith("""{"id":3,"result":true,"error":null}"""));
        rig.Send(Rig.Submit("0003000000010000", user: user));
        Assert.That(rig.Judged[^1].Pending.Worker!.Name, Is.EqualTo(credited));
    }

    [TestCase("bob")]
    [TestCase("alice2.rig")]
    [TestCase("al")]
    [TestCase("ali ce")]
    public void Any_other_name_is_refused_as_ever(string user) =>
        Assert.That(Authorize(new Rig { Directory = Of(["alice"]) }, user), Is.EqualTo(Unknown));

    [Test]
    public void A_name_published_later_is_accepted_from_then_on()
    {
        var rig = new Rig();
        Assert.That(Authorize(rig, "alice"), Does.Contain("Unknown account"));
        rig.Directory = Of(["alice"]);
        Assert.That(Authorize(rig, "alice"), Does.Contain("\"result\":true"));
    }

    [Test]
    public void An_address_is_never_taken_for_a_name()
    {
        // 26 to 32 characters of a Base58 address could be somebody's name in small letters.
        const string Short = "1111111111111111111114oLvT2";
        var rig = new Rig { Directory = Of([Short.ToLowerInvariant()]) };
        rig.Send(Rig.Subscribe);
        Assert.That(Authorize(rig, Short), Does.Contain("\"result\":true"));
        rig.Send(Rig.Submit("0003000000010000", user: Short));
        Assert.That(rig.Judged[^1].Pending.Worker!.Name, Is.EqualTo(Short));
    }

    [TestCase(BanKind.Account, Rig.Address)]
    [TestCase(BanKind.Worker, Rig.Address + ".rig")]
    public void Who_is_banned_is_told_why_and_may_try_another_name(BanKind kind, string target)
    {
        var rig = new Rig { Directory = Of([], new Ban(kind, target, "floods", 1_790_000_000_000)) };
        Assert.That(rig.Send(Rig.Authorize), Is.EqualTo(
            """{"id":2,"result":false,"error":[24,"Banned until 2026-09-21 14:13 UTC: floods",null]}""" + "\n"));
        Assert.That(rig.Session.CloseReason, Is.Null);

        // However the banned worker is spelled.
        Assert.That(Authorize(rig, Rig.Address.ToUpperInvariant() + "_rig"), Does.Contain("Banned"));
        var other = Authorize(rig, Rig.Address + ".other");
        Assert.That(other, Does.Contain(kind == BanKind.Worker ? "\"result\":true" : "Banned"));
    }

    [Test]
    public void Shares_of_a_banned_worker_are_not_credited_to_another_of_its_account()
    {
        var rig = new Rig { Directory = Of([], new Ban(BanKind.Worker, Rig.Address + ".bad", "x", 0)) };
        rig.LoggedIn();
        Authorize(rig, Rig.Address + ".bad");
        var line = Rig.Submit("0003000000010000");
        rig.Send(line.Replace(".rig", ".bad", StringComparison.Ordinal));
        Assert.That(rig.Judged[^1].Verdict, Is.EqualTo(ShareResult.Unauthorized));
        rig.Send(line.Replace(".rig", ".stranger", StringComparison.Ordinal));
        Assert.That(rig.Judged[^1].Verdict, Is.EqualTo(ShareResult.Accepted), "the account's others go on");

        rig.Directory = StratumDirectory.Empty;
        Assert.That(Authorize(rig, Rig.Address + ".bad"), Does.Contain("\"result\":true"));
        rig.Send(line.Replace(".rig", ".bad", StringComparison.Ordinal));
        Assert.That(rig.Judged[^1].Pending.Worker!.Name, Is.EqualTo(Rig.Address + ".bad"));
    }

    [Test]
    public void A_connection_that_tries_one_banned_worker_after_another_is_ended()
    {
        var rig = new Rig(limits: new() { WorkersPerConnection = 3 }) { Directory = Of([], new Ban(BanKind.Account, Rig.Address, "x", 0)) };
        for (var i = 0; i < 3; i++) Authorize(rig, $"{Rig.Address}.{i}");
        Assert.That(rig.Session.CloseReason, Is.Null);
        Authorize(rig, $"{Rig.Address}.3");
        Assert.That(rig.Session.CloseReason, Is.EqualTo("too many banned workers"));
    }

    [Test]
    public void An_open_session_knows_whether_one_of_its_workers_is_banned_by_now()
    {
        var rig = new Rig().LoggedIn();
        Authorize(rig, Rig.Address + ".second");
        Assert.That(rig.Session.FindBan(Of([], new Ban(BanKind.Worker, Rig.Address + ".third", "x", 0))), Is.Null);
        Assert.That(rig.Session.FindBan(Of([], new Ban(BanKind.Worker, Rig.Address + ".second", "x", 0))), Is.Not.Null);
        Assert.That(rig.Session.FindBan(Of([], new Ban(BanKind.Account, Rig.Address, "x", 0))), Is.Not.Null);
    }

    [TestCase("cgminer/4.11.1", "client.show_message")]
    [TestCase("bitaxe/BM1370/v2.4.0", "")]
    public void Last_words_go_to_those_who_can_show_them(string agent, string said)
    {
        var rig = new Rig();
        rig.Send(Rig.Subscribe.Replace("test/1", agent, StringComparison.Ordinal) + Rig.Authorize);
        rig.Session.OnBanned(new Ban(BanKind.Account, Rig.Address, "floods", 0), rig.Output);
        var words = Encoding.ASCII.GetString(rig.Output.Written);
        Assert.That(words, said.Length == 0 ? Is.Empty : Does.Contain(said).And.Contain("Banned: floods"));
    }

    private static string Authorize(Rig rig, string user) => rig.Send(Rig.Ask("3", "mining.authorize", $"""["{user}","x"]"""));

    private static StratumDirectory Of(string[] names, params Ban[] bans) => new(new PublishedDirectory(names, bans), 1_700_000_000_000);
}
