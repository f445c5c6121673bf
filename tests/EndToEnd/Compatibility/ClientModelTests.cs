using Viddhana.Tests.EndToEnd.Compatibility.Models;

namespace Viddhana.Tests.EndToEnd.Compatibility;

/// <summary>The models choke on what their clients choke on; otherwise their reading along would say nothing.</summary>
public sealed class ClientModelTests
{
    private const string Subscribe = """{"id":2,"method":"mining.subscribe","params":["x"]}""";
    private const string Authorize = """{"id":3,"method":"mining.authorize","params":["x","x"]}""";
    private const string Configure = """{"id":1,"method":"mining.configure","params":[]}""";
    private const string Subscribed =
        """{"id":2,"result":[[["mining.set_difficulty","a"],["mining.notify","a"]],"00000001",8],"error":null}""";
    private const string Difficulty = """{"id":null,"method":"mining.set_difficulty","params":[2]}""";

    [TestCase("cgminer", Configure, """{"id":1,"result":{"version-rolling":true,"version-rolling.mask":"00000000"},"error":null}""")]
    [TestCase("cgminer", Configure, """{"id":1,"result":{"version-rolling":true,"version-rolling.mask":"ffffffff"},"error":null}""")]
    [TestCase("cgminer", Configure, Subscribed)]
    [TestCase("cgminer", Subscribe, """{"id":2,"result":[[],"00000001",9],"error":null}""")]
    [TestCase("cgminer", Authorize, """{"id":4,"result":null,"error":[20,"Not supported.",null]}""")]
    [TestCase("antminer", Subscribe, Difficulty)]
    [TestCase("antminer", Authorize, """{"id":4,"result":false,"error":[20,"Not supported.",null]}""")]
    [TestCase("bfgminer", Subscribe, """{"id":null,"result":true,"error":null}""")]
    [TestCase("cpuminer", Subscribe, Difficulty)]
    [TestCase("braiins", Subscribe, """{"id":2,"result":["00000001",4],"error":null}""")]
    [TestCase("braiins", null, """{"id":null,"method":"mining.set_difficulty","params":[2,3]}""")]
    [TestCase("bitaxe-old", Authorize, """{"id":3,"result":true}""")]
    [TestCase("nerdminer", Subscribe, Difficulty)]
    [TestCase("nerdminer", null, """{"id":3,"result":null,"error":"low difficulty"}""")]
    [TestCase("nerdminer", Subscribe, """{"id":2,"result":[[["mining.notify","a"]],"00000001",6],"error":null}""")]
    [TestCase("nicehash", Authorize, """{"id":3,"result":true}""")]
    public void What_a_client_cannot_read_its_model_refuses(string name, string? sent, string received)
    {
        var model = ClientModels.New(name);
        if (sent is not null) model.Send(sent);
        Assert.That(() => model.Receive(received), Throws.InstanceOf<Exception>());
    }

    [TestCase("cpuminer", "20000000", 64, 1)]
    [TestCase("cpuminer", "2000000", 63, 1)]
    [TestCase("cgminer", "20000000", 62, 1)]
    [TestCase("bitaxe", "20000000", 64, 33)]
    [TestCase("braiins", "2000000", 64, 1)]
    [TestCase("nerdminer", "20000000", 64, 60)]
    public void Work_that_a_client_cannot_read_its_model_refuses(string name, string version, int prevHash, int branches)
    {
        var isGood = version.Length == 8 && prevHash == 64 && branches == 1;
        var model = ClientModels.New(name);
        model.Send(Subscribe);
        model.Receive(Subscribed);
        model.Receive(Difficulty);
        var merkle = string.Join(',', Enumerable.Range(0, branches).Select(i => $"\"{i:x64}\""));
        var line = "{\"id\":null,\"method\":\"mining.notify\",\"params\":[\"1\",\"" + new string('0', prevHash) + "\",\"00\",\"00\",["
            + merkle + $"],\"{version}\",\"1f00ffff\",\"60000000\",true]}}";
        if (isGood) Assert.That(() => model.Receive(line), Throws.Nothing);
        else Assert.That(() => model.Receive(line), Throws.InstanceOf<Exception>());
    }

    [Test]
    public void Two_difficulties_before_one_notify_leave_cgminer_with_the_first()
    {
        var model = ClientModels.New("cgminer");
        model.Receive(Difficulty);
        model.Receive("""{"id":null,"method":"mining.set_difficulty","params":[5]}""");
        model.Receive(
            "{\"id\":null,\"method\":\"mining.notify\",\"params\":[\"1\",\"" + new string('0', 64)
            + "\",\"00\",\"00\",[],\"20000000\",\"1f00ffff\",\"60000000\",true]}");
        Assert.That(model.Difficulty, Is.EqualTo(2));
    }
}
