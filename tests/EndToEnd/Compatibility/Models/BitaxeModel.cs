using System.Globalization;
using System.Text.Json;

namespace Viddhana.Tests.EndToEnd.Compatibility.Models;

/// <summary>ESP-Miner of 2026: looks at the shape of a result, not at its id.</summary>
internal class BitaxeModel : ClientModel
{
    private const int BranchesMax = 32;

    private double _next;
    private double _difficulty;

    public override double Difficulty => _difficulty;

    public override void Receive(string line)
    {
        var message = Parse(line);
        var parameters = Get(message, "params");
        switch (Get(message, "method") is { ValueKind: JsonValueKind.String } method ? method.GetString() : null)
        {
            case null: TakeResult(message); break;
            case "mining.notify": TakeNotify(parameters!.Value); break;
            case "mining.set_difficulty": _next = ReadDifficulty(parameters!.Value[0]); break;
            case "mining.set_version_mask": VersionMask = Convert.ToUInt32(Text(parameters!.Value[0]), 16); break;
            case "client.reconnect" or "client.show_message" or "client.get_version" or "mining.ping": break;
            default: Assert.Fail($"a method it does not know: {line}"); break;
        }
    }

    public override void Reconnect()
    {
        base.Reconnect();
        _next = 0;
    }

    /// <summary>It sends what it rolled as the difference to the job's version.</summary>
    protected override uint RolledVersion(string version, uint bits) => Convert.ToUInt32(version, 16) ^ bits;

    protected virtual double ReadDifficulty(JsonElement value)
    {
        Assert.That(value.ValueKind, Is.EqualTo(JsonValueKind.Number));
        return value.GetDouble();
    }

    protected virtual void TakeResult(JsonElement message)
    {
        var (result, error) = (Get(message, "result"), Get(message, "error"));
        if (error is { ValueKind: JsonValueKind.Array } array)
        {
            Assert.That(array.GetArrayLength(), Is.GreaterThanOrEqualTo(2));
            Assert.That(Text(array[1]), Is.Not.Empty, "what it shows to its owner");
            Count(isAccepted: false);
            return;
        }

        switch (result?.ValueKind)
        {
            case JsonValueKind.True: Count(isAccepted: true); break;
            case JsonValueKind.False: Count(isAccepted: false); break;
            case JsonValueKind.Array: TakeSubscribed(result.Value); break;
            case JsonValueKind.Object: TakeConfigured(result.Value); break;
            default: Assert.Fail($"a result it does not know: {message}"); break;
        }
    }

    protected void Count(bool isAccepted) =>
        Shares = isAccepted ? (Shares.Accepted + 1, Shares.Refused) : (Shares.Accepted, Shares.Refused + 1);

    protected void TakeSubscribed(JsonElement result)
    {
        Assert.That(result.GetArrayLength(), Is.GreaterThanOrEqualTo(3));
        Extranonce1 = Text(result[1]);
        Assert.That(result[2].ValueKind, Is.EqualTo(JsonValueKind.Number));
        Extranonce2Size = result[2].GetInt32();
        Assert.That(Extranonce2Size, Is.InRange(1, 32));
    }

    protected void TakeConfigured(JsonElement result)
    {
        Assert.That(IsTrue(Get(result, "version-rolling")), $"{result}");
        VersionMask = Convert.ToUInt32(Text(result.GetProperty("version-rolling.mask")), 16);
    }

    private void TakeNotify(JsonElement parameters)
    {
        Assert.That(parameters.GetArrayLength(), Is.GreaterThanOrEqualTo(8));
        var work = SeenWork.Of(parameters);
        Assert.That(work.Branches, Has.Length.LessThanOrEqualTo(BranchesMax), "old firmware ends itself above it, new refuses");
        foreach (var number in (string[])[work.Version, work.Nbits, work.Ntime])
            Assert.That(uint.TryParse(number, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out _), number);

        // A job id that it has had is ignored, and with it the difficulty.
        Assert.That(work.JobId, Is.Not.EqualTo(Work?.JobId));
        _difficulty = _next;
        Counter = 0;
        Work = work;
    }
}

/// <summary>ESP-Miner of March 2025.</summary>
internal sealed class OldBitaxeModel : BitaxeModel
{
    // valueint: what is behind the point is lost, above 2^31 - 1 it stays there.
    protected override double ReadDifficulty(JsonElement value) => Math.Min(int.MaxValue, Math.Truncate(value.GetDouble()));

    protected override void TakeResult(JsonElement message)
    {
        Assert.That(Get(message, "result"), Is.Not.Null, $"{message}");
        var result = message.GetProperty("result");

        // An answer without the key is an error to it: the test of its source is "not null" of a value that is not there.
        Assert.That(Get(message, "error"), Is.Not.Null, $"no \"error\": {message}");
        var id = message.GetProperty("id").GetInt32();
        if (message.GetProperty("error").ValueKind != JsonValueKind.Null) Count(isAccepted: false);
        else if (result.ValueKind is JsonValueKind.True or JsonValueKind.False) Count(IsTrue(result));
        else if (id == 2) TakeSubscribed(result);
        else if (id == 1) TakeConfigured(result);
        else Assert.Fail($"a result it does not know: {message}");
    }
}
