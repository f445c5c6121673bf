using System.Globalization;
using System.Text;
using System.Text.Json;
using Viddhana.Contracts.Config;
using Viddhana.Core.Shares;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Engine.Blobs;

/// <summary>
/// In the dialects of blobs too, framing has no seam, and nothing that comes over the wire throws or is credited wrongly. Jobs, hashes and
/// verdicts are real.
/// </summary>
[Category("a68"), Category("a70")]
public sealed class BlobNoiseTests
{
    private const string CryptoNote = "cryptonote";
    private const string NiceHash = "EthereumStratum";
    private const string Plain = "plain";
    private const string Proxy = "ethproxy";

    private static readonly string[] Kinds = [CryptoNote, NiceHash, Plain, Proxy];

    [TestCaseSource(nameof(Kinds))]
    public void Every_cut_and_one_byte_at_a_time_give_the_same_answers(string kind)
    {
        var rig = NewRig(kind, roundCapacity: 2);
        var bytes = Encoding.ASCII.GetBytes(Transcript(kind));
        var whole = rig.Restart().Send(bytes);
        Assert.That(rig.Judged.Select(judged => judged.Verdict), Does.Contain(ShareResult.Accepted).And.Contain(ShareResult.Duplicate));
        for (var a = 0; a <= bytes.Length; a++)
        {
            rig.Restart();
            Assert.That(rig.Send(bytes.AsSpan(0, a)) + rig.Send(bytes.AsSpan(a)), Is.EqualTo(whole), $"cut at {a}");
        }

        rig.Restart();
        var reply = new StringBuilder();
        for (var i = 0; i < bytes.Length; i++) reply.Append(rig.Send(bytes.AsSpan(i, 1)));
        Assert.That(reply.ToString(), Is.EqualTo(whole));
    }

    [TestCaseSource(nameof(Kinds))]
    public void No_changed_byte_throws_or_credits_anything_that_was_not_handed_out(string kind)
    {
        var rig = NewRig(kind);
        var bytes = Encoding.ASCII.GetBytes(Transcript(kind));
        for (var at = 0; at < bytes.Length; at++)
        {
            foreach (var octet in (byte[])[0, 10, 34, 44, 48, 58, 92, 97, 125, 255])
            {
                var changed = bytes.ToArray();
                changed[at] = octet;
                var reply = rig.Restart().Send(changed);
                if (!IsSound(kind, rig, reply)) Assert.Fail($"byte {at} = {octet}: {reply}");
            }
        }
    }

    [Test, Category(Fuzz.Category)]
    public void Random_noise_never_throws_and_output_stays_valid([ValueSource(nameof(Kinds))] string kind, [Range(1, 5)] int seed)
    {
        var random = new Random(seed);
        var rig = NewRig(kind);
        var bytes = Encoding.ASCII.GetBytes(Transcript(kind));
        for (var run = 0; run < Fuzz.Rounds(40); run++)
        {
            var reply = new StringBuilder(rig.Restart().Send(bytes));
            for (var turn = 0; turn < 20 && rig.Session.CloseReason is null; turn++)
            {
                var noise = bytes.ToArray();
                for (var i = 0; i < 1 + (turn % 5); i++) noise[random.Next(noise.Length)] = (byte)random.Next(256);
                if (turn == 7) random.NextBytes(noise);
                reply.Append(rig.Send(noise.AsSpan(random.Next(noise.Length / 2))));
                reply.Append(rig.Tick(random.Next(20_000)));
            }

            Assert.That(IsSound(kind, rig, reply.ToString()), Is.True, $"{kind} seed {seed} run {run}: {reply}");
        }
    }

    [Test]
    public void What_is_no_Stratum_closes_at_once_and_without_a_word(
        [ValueSource(nameof(Kinds))] string kind, [Values("GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01", "[]\n", " \t x")] string bytes)
    {
        var rig = NewRig(kind);
        Assert.That(rig.Send(bytes), Is.Empty);
        Assert.That(rig.Session.CloseReason, Is.Not.Null);
    }

    [TestCase(CryptoNote, "{\"id\":null,\"jsonrpc\":\"2.0\",\"error\":{\"code\":-1,\"message\":\"Malformed JSON\"},\"result\":null}\n")]
    [TestCase(NiceHash, "{\"id\":null,\"result\":null,\"error\":[20,\"Malformed JSON\",null]}\n")]
    public void Malformed_JSON_is_told_and_closes(string kind, string answer)
    {
        var rig = NewRig(kind);
        Assert.That(rig.Send("{\"id\":{},\"method\":\"login\"}\n"), Is.EqualTo(answer));
        Assert.That(rig.Session.CloseReason, Is.EqualTo("malformed message"));
    }

    [Test]
    public void Ids_come_back_byte_for_byte(
        [ValueSource(nameof(Kinds))] string kind, [Values("7", "-0", "1.50", "1e3", "\"a b\"", "40")] string id)
    {
        var rig = NewRig(kind);
        var share = Transcript(kind).Split('\n')[^3];
        rig.Send(string.Concat(Transcript(kind).Split('\n')[..^3].Select(line => line + "\n")));
        var method = share.IndexOf("\"id\":", StringComparison.Ordinal) + 5;
        var comma = share.IndexOf(',', method);
        var reply = rig.Send(string.Concat(share.AsSpan(0, method), id, share.AsSpan(comma)) + "\n");
        Assert.That(reply, Does.StartWith("{\"id\":" + id + ","));
        Assert.That(rig.Judged, Is.Not.Empty);
    }

    /// <summary>Login, two shares, one of them twice, something else behind it.</summary>
    internal static string Transcript(string kind)
    {
        var rig = NewRig(kind);
        var text = new StringBuilder();
        if (kind == CryptoNote)
        {
            var nonce = 0u;
            var client = new XmrigModel();
            text.Append(client.Login());
            client.Receive(rig.Send(text.ToString()));
            var share = client.Mine(ref nonce, out _);
            text.Append(share).Append(client.KeepAlive()).Append(client.Mine(ref nonce, out _)).Append(share);
            return text.Append('\n').ToString();
        }

        var start = 0UL;
        var miner = new EthminerModel(Mode(kind)) { DifficultyFloor = 0 };
        for (var line = miner.First(); line.Length > 0; line = miner.Receive(rig.Send(line))) text.Append(line);
        var again = miner.Mine(ref start);
        return text.Append(again).Append(miner.Hashrate()).Append(miner.Mine(ref start)).Append(again).Append('\n').ToString();
    }

    internal static BlobRig NewRig(string kind, int roundCapacity = 64) => kind == CryptoNote
        ? new BlobRig(BlobForm.CryptoNote, roundCapacity: roundCapacity)
        : new BlobRig(BlobForm.Ethash, new DifficultyConfig { Start = "0.000000001", Min = "0.000000001" }, roundCapacity);

    private static EthminerMode Mode(string kind) => kind switch
    {
        NiceHash => EthminerMode.EthereumStratum,
        Plain => EthminerMode.Stratum,
        _ => EthminerMode.EthProxy,
    };

    private static bool IsSound(string kind, BlobRig rig, string reply) =>
        reply.Split('\n', StringSplitOptions.RemoveEmptyEntries).All(IsJson)
        && rig.Judged.All(judged => judged.Verdict != ShareResult.Accepted || WasHandedOut(kind, judged.Pending, reply))
        && rig.Judged.Where(judged => judged.Verdict == ShareResult.Accepted)
            .DistinctBy(judged => (judged.Pending.Share.JobId, judged.Pending.Share.BlobNonce))
            .Count() == rig.Judged.Count(judged => judged.Verdict == ShareResult.Accepted);

    private static bool WasHandedOut(string kind, Pending share, string reply)
    {
        var work = share.Work.Work;
        return share.Worker!.Name.StartsWith(BlobRig.Wallet, StringComparison.Ordinal)
            && work.WireId == share.Share.JobId
            && (kind == Proxy || reply.Contains(work.WireId.ToString("x16", CultureInfo.InvariantCulture), StringComparison.Ordinal));
    }

    private static bool IsJson(string line)
    {
        using var document = JsonDocument.Parse(line);
        return document.RootElement.ValueKind == JsonValueKind.Object;
    }
}
