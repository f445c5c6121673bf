using Viddhana.Contracts.Config;

namespace Viddhana.Tests.Engine.Stratum;

/// <summary>Difficulties that a device would misread are not told to it.</summary>
public sealed class DeviceDifficultyTests
{
    [TestCase("d=1.5", "2")]
    [TestCase("d=0.25", "1")]
    [TestCase("d=4096", "4096")]
    [TestCase("d=12345.6", "12346")]
    [TestCase("fd=1000.5", "1001")]
    [TestCase("x", "8")]
    [Category("a50")]
    public void A_Bitaxe_is_told_whole_numbers_because_old_ones_lose_what_is_behind_the_point(string password, string expected)
    {
        var rig = new Rig(new DifficultyConfig { Start = "7.5", Min = "0.001" });
        Assert.That(rig.Send(Login("bitaxe/BM1366/v2.4", password)), Does.Contain($"mining.set_difficulty\",\"params\":[{expected}]"));
        Assert.That(rig.Send(Rig.Ask("5", "mining.suggest_difficulty", "[99.5]")), Does.Not.Contain("99.5"));
    }

    [TestCase("litecoin", "bfgminer/5.5.0", "16")]
    [TestCase("litecoin", "cgminer/3.7.2", "2")]
    [TestCase("bitcoin", "bfgminer/5.5.0", "2")]
    public void BFGMiner_reads_scrypt_difficulties_below_16_as_another_unit_and_gets_none(string coin, string userAgent, string expected)
    {
        var address = coin == "litecoin" ? "ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9" : Rig.Address;
        var rig = new Rig(new DifficultyConfig { Start = "2", Min = "0.001" }, coin: coin);
        Assert.That(rig.Send(Login(userAgent, "x", address)), Does.Contain($"mining.set_difficulty\",\"params\":[{expected}]"));
    }

    private static string Login(string userAgent, string password, string address = Rig.Address) =>
        Rig.Ask("1", "mining.subscribe", $"[\"{userAgent}\"]") + Rig.Ask("2", "mining.authorize", $"[\"{address}\",\"{password}\"]");
}
