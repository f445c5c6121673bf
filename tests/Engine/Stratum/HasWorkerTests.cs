using System.Text;

namespace Viddhana.Tests.Engine.Stratum;

public sealed class HasWorkerTests
{
    [TestCase(Rig.Address, ExpectedResult = true)]
    [TestCase(Rig.Address + ".rig", ExpectedResult = true)]
    [TestCase(Rig.Address + ".second", ExpectedResult = true)]
    [TestCase(Rig.Address + ".ri", ExpectedResult = false)]
    [TestCase(Rig.Address + ".rig2", ExpectedResult = false)]
    [TestCase("bc1qw508d6q", ExpectedResult = false)]
    [TestCase("rig", ExpectedResult = false)]
    public bool A_session_is_found_by_the_name_of_a_worker_or_of_its_account_and_by_no_part_of_them(string name)
    {
        var rig = new Rig().LoggedIn();
        rig.Send(Rig.Ask("3", "mining.authorize", $"""["{Rig.Address}.second","x"]"""));
        return rig.Session.HasWorker(Encoding.ASCII.GetBytes(name));
    }

    [Test]
    public void Before_authorize_it_has_none() => Assert.That(new Rig().Session.HasWorker(Encoding.ASCII.GetBytes(Rig.Address)), Is.False);
}
