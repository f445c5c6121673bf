using System.Text.Json;

namespace Viddhana.Tests.EndToEnd.Compatibility.Models;

/// <summary>Braiins OS: messages are read into types, so nothing may be missing or too much.</summary>
internal sealed class BraiinsModel : ClientModel
{
    private double _next;
    private double _difficulty;

    public override double Difficulty => _difficulty;

    public override void Receive(string line)
    {
        var message = Parse(line);
        Assert.That(Get(message, "id"), Is.Not.Null, $"requests and answers alike have an id: {line}");
        if (Get(message, "method") is { } method) TakeMethod(Text(method), message.GetProperty("params"), line);
        else TakeAnswer(message);
    }

    private void TakeMethod(string method, JsonElement parameters, string line)
    {
        var count = parameters.GetArrayLength();
        switch (method)
        {
            case "mining.notify":
                Assert.That(count, Is.EqualTo(9), line);
                foreach (var at in (int[])[0, 1, 2, 3, 5, 6, 7]) Text(parameters[at]);
                Assert.That(parameters[8].ValueKind, Is.AnyOf(JsonValueKind.True, JsonValueKind.False));
                Work = SeenWork.Of(parameters);
                foreach (var word in (string[])[Work.Version, Work.Nbits, Work.Ntime]) Assert.That(word, Has.Length.EqualTo(8));
                _difficulty = _next;
                Counter = 0;
                break;
            case "mining.set_difficulty":
                Assert.That(count, Is.EqualTo(1), line);

                // An f32.
                _next = parameters[0].GetSingle();
                break;
            case "mining.set_version_mask":
                Assert.That(count, Is.EqualTo(1), line);
                VersionMask = Convert.ToUInt32(Text(parameters[0]), 16);
                break;
            default:
                Assert.Fail($"a method it does not know: {line}");
                break;
        }
    }

    private void TakeAnswer(JsonElement message)
    {
        var (result, error) = (Get(message, "result"), Get(message, "error"));
        Assert.That(IsMissingOrNull(result) != IsMissingOrNull(error), $"either a result or an error: {message}");
        if (!IsMissingOrNull(error))
        {
            Assert.That(error!.Value.GetArrayLength(), Is.EqualTo(3));
            Assert.That(error.Value[0].TryGetInt32(out _) && error.Value[1].ValueKind == JsonValueKind.String, $"{message}");
            Shares = (Shares.Accepted, Shares.Refused + 1);
        }
        else if (Waiting == Wait.Configure)
        {
            Assert.That(IsTrue(Get(result!.Value, "version-rolling")));
            VersionMask = Convert.ToUInt32(Text(result.Value.GetProperty("version-rolling.mask")), 16);
        }
        else if (Waiting == Wait.Subscribe)
        {
            Assert.That(result!.Value.GetArrayLength(), Is.EqualTo(3), "subscriptions, extranonce1, size");
            foreach (var subscription in result.Value[0].EnumerateArray()) Assert.That(subscription.GetArrayLength(), Is.EqualTo(2));
            (Extranonce1, Extranonce2Size) = (Text(result.Value[1]), result.Value[2].GetInt32());
        }
        else
        {
            Assert.That(result!.Value.ValueKind, Is.AnyOf(JsonValueKind.True, JsonValueKind.False), $"{message}");
            if (Waiting == Wait.Nothing) Shares = (Shares.Accepted + 1, Shares.Refused);
        }

        Waiting = Wait.Nothing;
    }
}
