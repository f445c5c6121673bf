using System.Globalization;
using System.Text.Json;

namespace Viddhana.Tests.EndToEnd.Compatibility.Models;

/// <summary>cgminer 4.11.</summary>
internal class CgminerModel : ClientModel
{
    private double _next;
    private double _after;
    private double _difficulty = 1;
    private string _prevHash = "";

    public override double Difficulty => _difficulty;

    /// <summary>
    /// Since 4.10 a notification may come before the answer to mining.subscribe; in forks of earlier ones it ends the login.
    /// </summary>
    protected virtual bool TakesMethodsBeforeSubscribed => true;

    public override void Receive(string line)
    {
        var message = Parse(line);
        switch (Waiting)
        {
            case Wait.Configure: TakeConfigured(message); break;
            case Wait.Subscribe: TakeSubscribed(message); break;
            case Wait.Authorize: TakeAuthorized(message); break;
            default: Assert.That(TakeMethod(message) || TakeResponse(message), $"neither a method it knows nor an answer: {line}"); break;
        }
    }

    public override void Reconnect()
    {
        base.Reconnect();
        _prevHash = "";
    }

    // The one line after the request; anything else ends the connection.
    private void TakeConfigured(JsonElement message)
    {
        Assert.That(IsMissingOrNull(Get(message, "result")), Is.False, $"no answer to mining.configure: {message}");
        Assert.That(IsMissingOrNull(Get(message, "error")), $"{message}");
        var result = message.GetProperty("result");
        Assert.That(IsTrue(Get(result, "version-rolling")), $"{message}");
        SetMask(result.GetProperty("version-rolling.mask"));
        Waiting = Wait.Nothing;
    }

    // strtol into an int: what has the highest bit would be negative, and 0 is a failure.
    private void SetMask(JsonElement mask)
    {
        var value = long.Parse(Text(mask), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        Assert.That(value, Is.InRange(1, int.MaxValue), "a mask that it can hold");
        VersionMask = (uint)value;
    }

    private void TakeSubscribed(JsonElement message)
    {
        if (Get(message, "result") is not { } result)
        {
            Assert.That(TakesMethodsBeforeSubscribed && TakeMethod(message), $"not the answer to mining.subscribe: {message}");
            return;
        }

        Assert.That(result.ValueKind, Is.EqualTo(JsonValueKind.Array), $"{message}");
        Assert.That(IsMissingOrNull(Get(message, "error")), $"{message}");
        Extranonce1 = Text(result[1]);
        Assert.That(IsHex(Extranonce1), Extranonce1);

        // It takes 2 to 16, but sends no share of more than 8.
        Extranonce2Size = result[2].GetInt32();
        Assert.That(Extranonce2Size, Is.InRange(2, 8));
        (_next, _after, _difficulty) = (0, 0, 1);
        Waiting = Wait.Nothing;
    }

    // Whatever is no method that it knows is taken for the answer.
    protected virtual void TakeAuthorized(JsonElement message)
    {
        if (TakeMethod(message)) return;

        Assert.That(Get(message, "result") is { ValueKind: not JsonValueKind.False and not JsonValueKind.Null }, $"{message}");
        Assert.That(IsMissingOrNull(Get(message, "error")), $"login failed: {message}");
        Waiting = Wait.Nothing;
    }

    protected virtual bool TakeMethod(JsonElement message)
    {
        if (Get(message, "method") is not { ValueKind: JsonValueKind.String } method) return false;

        Assert.That(IsMissingOrNull(Get(message, "error")), $"{message}");
        var parameters = message.GetProperty("params");
        switch (method.GetString())
        {
            case "mining.notify": return TakeNotify(parameters);
            case "mining.set_difficulty": return TakeDifficulty(parameters);
            case "mining.set_version_mask" when VersionMask != 0: SetMask(parameters[0]); return true;
            case "client.reconnect" or "client.get_version" or "client.show_message" or "mining.ping": return true;
            default: return false;
        }
    }

    // One change a notify: a second one before it waits for the next.
    protected virtual bool TakeDifficulty(JsonElement parameters)
    {
        var value = parameters[0].GetDouble();
        if (value <= 0) return false;

        if (_next > 0) _after = value;
        else _next = value;
        return true;
    }

    private bool TakeNotify(JsonElement parameters)
    {
        if (parameters[4].ValueKind != JsonValueKind.Array) return false;

        var work = SeenWork.Of(parameters);
        Assert.That(work.JobId, Is.Not.Empty.And.Matches("^[ -~]+$"), "printable ASCII");
        string[] digits = [work.PrevHash, work.Coinbase1, work.Coinbase2, work.Version, work.Nbits, work.Ntime, .. work.Branches];
        foreach (var hex in digits) Assert.That(IsHex(hex), hex);

        Assert.That(work.PrevHash, Has.Length.EqualTo(64), "more is cut off");
        Assert.That(work.Version.Length + work.Nbits.Length + work.Ntime.Length, Is.EqualTo(24), "they are laid one after another");
        if (work.PrevHash != _prevHash) work = work with { Clean = true };
        _prevHash = work.PrevHash;
        if (parameters[8].ValueKind == JsonValueKind.True) Counter = 0;
        if (_next > 0) (_difficulty, _next, _after) = (_next, _after, 0);
        Work = work;
        return true;
    }

    protected virtual bool TakeResponse(JsonElement message)
    {
        if (Get(message, "id") is not { ValueKind: JsonValueKind.Number } id || !id.TryGetInt32(out _)) return false;

        Shares = IsTrue(Get(message, "result")) ? (Shares.Accepted + 1, Shares.Refused) : (Shares.Accepted, Shares.Refused + 1);
        return true;
    }
}

/// <summary>The ancestor of Antminer's firmware: the same, before notifications were expected everywhere.</summary>
internal sealed class AntminerModel : CgminerModel
{
    protected override bool TakesMethodsBeforeSubscribed => false;
}

/// <summary>BFGMiner: ids of its own that are text, difficulty in place with the next work.</summary>
internal sealed class BfgminerModel : CgminerModel
{
    private double _next = 1;
    private double _difficulty = 1;

    public override double Difficulty => _difficulty;

    protected override bool TakesMethodsBeforeSubscribed => false;

    public override void Send(string line)
    {
        base.Send(line);

        // It reads the next line as the answer to mining.subscribe, so a request without an id must not be answered.
        if (line.Contains("\"id\": null", StringComparison.Ordinal)) Assert.That(Waiting, Is.EqualTo(Wait.Nothing));
    }

    protected override void TakeAuthorized(JsonElement message)
    {
        var isOther = Get(message, "id") is { ValueKind: JsonValueKind.String } id && id.GetString() == "xnsub";
        if (!isOther) base.TakeAuthorized(message);
    }

    protected override bool TakeDifficulty(JsonElement parameters)
    {
        var value = parameters[0].GetDouble();
        if (value == 0) return false;

        _next = value;
        return true;
    }

    protected override bool TakeMethod(JsonElement message)
    {
        var isTaken = base.TakeMethod(message);
        if (isTaken && message.GetProperty("method").GetString() == "mining.notify") (_difficulty, Counter) = (_next, 0);
        return isTaken;
    }

    protected override bool TakeResponse(JsonElement message) =>
        Get(message, "id") is { ValueKind: JsonValueKind.String } || base.TakeResponse(message);
}
