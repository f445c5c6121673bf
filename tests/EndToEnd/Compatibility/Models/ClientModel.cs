using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Viddhana.Tests.EndToEnd.Compatibility.Models;

/// <summary>
/// A client as its source reads what it is sent: how it tells answers from notifications, which numbers it takes, where it gives up. It
/// fails the test where the client would have choked, and makes shares of what it read.
/// </summary>
internal abstract class ClientModel
{
    /// <summary>What the client waits for before it goes on.</summary>
    protected enum Wait
    {
        Nothing,
        Configure,
        Subscribe,
        Authorize,
    }

    /// <summary>The newest work, or null.</summary>
    public SeenWork? Work { get; protected set; }

    /// <summary>The difficulty of the newest work as this client understood it.</summary>
    public abstract double Difficulty { get; }

    /// <summary>Shares that it believes were accepted and refused.</summary>
    public (int Accepted, int Refused) Shares { get; protected set; }

    protected Wait Waiting { get; set; }

    protected string Extranonce1 { get; set; } = "";

    protected int Extranonce2Size { get; set; }

    /// <summary>Version bits that it may roll, or 0.</summary>
    protected uint VersionMask { get; set; }

    /// <summary>Extranonce2 of the next work, as a number.</summary>
    protected ulong Counter { get; set; }

    /// <summary>The client sends a line.</summary>
    public virtual void Send(string line)
    {
        var method = JsonDocument.Parse(line).RootElement.GetProperty("method").GetString();
        Waiting = method switch
        {
            "mining.configure" => Wait.Configure,
            "mining.subscribe" => Wait.Subscribe,
            "mining.authorize" => Wait.Authorize,
            _ => Waiting,
        };
    }

    /// <summary>The client reads a line.</summary>
    public abstract void Receive(string line);

    /// <summary>The connection is gone.</summary>
    public virtual void Reconnect()
    {
        Work = null;
        VersionMask = 0;
        Counter = 0;
        Waiting = Wait.Nothing;
    }

    /// <summary>
    /// Tries nonces until the hash <paramref name="fits"/>, and spells the share as this client does.
    /// </summary>
    public SeenShare FindShare(Func<BigInteger, bool> fits)
    {
        var work = Work ?? throw new InvalidOperationException("the client has no work");
        var extranonce2 = NextExtranonce2();
        var bits = VersionMask & 0x0000_6000;
        var coinbase = Coinbase(work, extranonce2);
        var header = StratumHeader.Build(
            new StratumJob(
                work.JobId, work.PrevHash, coinbase, "", work.Branches, work.Version, work.Nbits, work.Ntime, work.Clean, ""),
            [],
            RolledVersion(work.Version, bits).ToString("x8", CultureInfo.InvariantCulture),
            work.Ntime);
        for (var nonce = FirstNonce; ; nonce++)
        {
            BitConverter.TryWriteBytes(header.AsSpan(76), nonce);
            if (!fits(StratumHeader.Number(StratumHeader.Sha256d(header)))) continue;

            LastNonce = nonce;
            return new SeenShare(work.JobId, extranonce2, work.Ntime, SpellNonce(nonce), bits.ToString("x8", CultureInfo.InvariantCulture));
        }
    }

    protected uint LastNonce { get; private set; }

    /// <summary>Where it begins to look.</summary>
    protected virtual uint FirstNonce => 0;

    protected virtual string SpellNonce(uint nonce) => nonce.ToString("x8", CultureInfo.InvariantCulture);

    /// <summary>The first byte counts up first.</summary>
    protected virtual string NextExtranonce2()
    {
        var bytes = BitConverter.GetBytes(Counter++);
        return Convert.ToHexStringLower(bytes.AsSpan(0, Extranonce2Size));
    }

    /// <summary>The digits of the coinbase that it hashes.</summary>
    protected virtual string Coinbase(SeenWork work, string extranonce2) => work.Coinbase1 + Extranonce1 + extranonce2 + work.Coinbase2;

    /// <summary>BIP 310: the template's bits outside the mask, the miner's inside.</summary>
    protected virtual uint RolledVersion(string version, uint bits) => (Convert.ToUInt32(version, 16) & ~VersionMask) | bits;

    protected static JsonElement Parse(string line)
    {
        Assert.That(line, Does.StartWith("{").And.EndsWith("}"), "one object a line");
        Assert.That(line, Does.Not.Contain('\0'));
        return JsonDocument.Parse(line).RootElement;
    }

    protected static JsonElement? Get(JsonElement message, string key) => message.TryGetProperty(key, out var value) ? value : null;

    protected static bool IsMissingOrNull(JsonElement? value) => value is not { ValueKind: not JsonValueKind.Null };

    protected static bool IsTrue(JsonElement? value) => value is { ValueKind: JsonValueKind.True };

    protected static bool IsHex(string? text) => text is { Length: > 0 } && text.Length % 2 == 0 && text.All(char.IsAsciiHexDigit);

    protected static string Text(JsonElement value)
    {
        Assert.That(value.ValueKind, Is.EqualTo(JsonValueKind.String), $"{value} is no text");
        return value.GetString()!;
    }
}

/// <summary>Work as a client read it.</summary>
internal sealed record SeenWork(
    string JobId, string PrevHash, string Coinbase1, string Coinbase2, string[] Branches, string Version, string Nbits, string Ntime,
    bool Clean)
{
    /// <summary>Takes the parameters as they stand; what a client demands of them is its model's to check.</summary>
    public static SeenWork Of(JsonElement p) => new(
        p[0].GetString()!, p[1].GetString()!, p[2].GetString()!, p[3].GetString()!, [.. p[4].EnumerateArray().Select(b => b.GetString()!)],
        p[5].GetString()!, p[6].GetString()!, p[7].GetString()!, p[p.GetArrayLength() - 1].ValueKind == JsonValueKind.True);
}

/// <summary>The fields of a share as a client spells them.</summary>
internal sealed record SeenShare(string JobId, string Extranonce2, string Ntime, string Nonce, string Bits);
