using System.Text.Json;

namespace Viddhana.Tests.EndToEnd.Compatibility.Models;

/// <summary>The cpuminers: every field of a notification has exactly its length, every share the same id.</summary>
internal sealed class CpuminerModel : ClientModel
{
    private double _next = 1;
    private double _difficulty = 1;

    public override double Difficulty => _difficulty;

    public override void Receive(string line)
    {
        var message = Parse(line);
        if (Waiting == Wait.Subscribe) TakeSubscribed(message);
        else if (!TakeMethod(message)) TakeAnswer(message);
    }

    private void TakeSubscribed(JsonElement message)
    {
        Assert.That(IsMissingOrNull(Get(message, "result")), Is.False, $"the line after mining.subscribe is not its answer: {message}");
        Assert.That(IsMissingOrNull(Get(message, "error")), $"{message}");
        var result = message.GetProperty("result");
        Assert.That(Text(result[0][0][0]), Is.EqualTo("mining.set_difficulty"));
        Assert.That(Text(result[0][1][0]), Is.EqualTo("mining.notify"), "whose session id it keeps");
        Extranonce1 = Text(result[1]);
        Extranonce2Size = result[2].GetInt32();
        Assert.That(Extranonce2Size, Is.InRange(1, 100));
        _next = 1;
        Waiting = Wait.Nothing;
    }

    private bool TakeMethod(JsonElement message)
    {
        if (Get(message, "method") is not { ValueKind: JsonValueKind.String } method) return false;

        var parameters = message.GetProperty("params");
        if (method.GetString() == "mining.set_difficulty")
        {
            _next = parameters[0].GetDouble();
            Assert.That(_next, Is.GreaterThan(0));
        }

        if (method.GetString() == "mining.notify") TakeNotify(parameters);
        return true;
    }

    private void TakeNotify(JsonElement parameters)
    {
        var work = SeenWork.Of(parameters);
        Assert.That(work.PrevHash, Has.Length.EqualTo(64));
        foreach (var word in (string[])[work.Version, work.Nbits, work.Ntime]) Assert.That(word, Has.Length.EqualTo(8));
        foreach (var branch in work.Branches) Assert.That(branch, Has.Length.EqualTo(64));
        if (work.JobId != Work?.JobId) Counter = 0;
        _difficulty = _next;
        Work = work;
    }

    private void TakeAnswer(JsonElement message)
    {
        Assert.That(Get(message, "id"), Is.Not.Null, $"{message}");
        if (Waiting == Wait.Authorize)
        {
            Assert.That(IsTrue(Get(message, "result")) && IsMissingOrNull(Get(message, "error")), $"login failed: {message}");
            Waiting = Wait.Nothing;
            return;
        }

        if (message.GetProperty("id").GetInt32() != 4) return;
        Shares = IsTrue(Get(message, "result")) ? (Shares.Accepted + 1, Shares.Refused) : (Shares.Accepted, Shares.Refused + 1);
    }
}
