using System.Globalization;
using System.Text;
using Viddhana.Core.Shares;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Engine.Stratum;

/// <summary>Framing has no seam, and nothing that comes over the wire throws or is credited wrongly.</summary>
public sealed class CutsAndNoiseTests
{
    private const string Job1 = "0003000000010000";

    private static readonly string Transcript =
        """{"id":1,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"ffffffff"}]}""" + "\n" +
        Rig.Subscribe + "\r\n" + Rig.Authorize.Replace("\n", "\r\n", StringComparison.Ordinal) +
        Rig.Submit(Job1, 5) + Rig.Submit(Job1, 6, "00000001") +
        """ {"params":["x\u0041"],"method":"\u006dining.ping","id":"p"} """ + "\n" +
        """{"id":7,"method":"mining.suggest_difficulty","params":[512]}""" + "\n" +
        Rig.Submit("0003000000010001", 8).Replace("\"1a2b3c4d\"", "\"1a2b3c4d\",\"00c00000\"", StringComparison.Ordinal);

    [Test]
    public void Every_pair_of_cuts_gives_the_same_answers()
    {
        var bytes = Encoding.ASCII.GetBytes(Transcript);
        var whole = new Rig().Send(bytes);
        Assert.That(whole.Split('\n'), Has.Length.EqualTo(13));
        var rig = new Rig(roundCapacity: 2);
        for (var a = 0; a <= bytes.Length; a += 3)
        {
            for (var b = a; b <= bytes.Length; b += 7)
            {
                rig.Restart();
                var reply = rig.Send(bytes.AsSpan(0, a)) + rig.Send(bytes.AsSpan(a, b - a)) + rig.Send(bytes.AsSpan(b));
                if (reply != whole) Assert.That(reply, Is.EqualTo(whole), $"cut at {a} and {b}");
            }
        }
    }

    [Test]
    public void Every_single_cut_and_one_byte_at_a_time_give_the_same_answers()
    {
        var bytes = Encoding.ASCII.GetBytes(Transcript);
        var rig = new Rig();
        var whole = rig.Send(bytes);
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

    [Test]
    public void Bytes_behind_the_received_ones_are_never_read()
    {
        var bytes = Encoding.ASCII.GetBytes(Transcript);
        var rig = new Rig();
        var kept = new List<byte>();
        var reply = new StringBuilder();
        for (var i = 0; i < bytes.Length; i++)
        {
            kept.Add(bytes[i]);
            byte[] framed = [0xff, .. kept, 0xff, (byte)'\n', (byte)'}'];
            var consumed = rig.Session.OnBytes(framed.AsSpan(1, kept.Count), rig.Round, rig.Output, rig.Now);
            kept.RemoveRange(0, consumed);
            reply.Append(rig.Send(""));
            Assert.That(rig.Session.CloseReason, Is.Null);
        }

        Assert.That(kept, Is.Empty);
        Assert.That(reply.ToString(), Is.EqualTo(new Rig().Send(bytes)));
    }

    /// <summary>A changed byte may refuse a share or make it another; it never moves it to another worker, job or difficulty.</summary>
    [Test]
    public void No_changed_byte_throws_or_credits_anything_that_was_not_handed_out()
    {
        var bytes = Encoding.ASCII.GetBytes(Transcript);
        var rig = new Rig();
        for (var at = 0; at < bytes.Length; at++)
        {
            for (var octet = 0; octet < 256; octet++)
            {
                var changed = bytes.ToArray();
                changed[at] = (byte)octet;
                var reply = rig.Restart().Send(changed);
                if (!IsSound(rig, reply)) Assert.Fail($"byte {at} = {octet}: {reply}");
            }
        }
    }

    [Test, Category(Fuzz.Category)]
    public void Random_noise_never_throws_and_output_stays_valid([Range(1, 20)] int seed)
    {
        var random = new Random(seed);
        var bytes = Encoding.ASCII.GetBytes(Transcript);
        var rig = new Rig();
        for (var run = 0; run < Fuzz.Rounds(100); run++)
        {
            var reply = new StringBuilder(rig.Restart().Send(Rig.Subscribe + Rig.Authorize));
            for (var turn = 0; turn < 20 && rig.Session.CloseReason is null; turn++)
            {
                var noise = bytes.ToArray();
                for (var i = 0; i < 1 + (turn % 5); i++) noise[random.Next(noise.Length)] = (byte)random.Next(256);
                if (turn == 7) random.NextBytes(noise);
                reply.Append(rig.Send(noise.AsSpan(random.Next(noise.Length / 2))));
                reply.Append(rig.Tick(random.Next(20_000)));
            }

            Assert.That(IsSound(rig, reply.ToString()), Is.True, $"seed {seed} run {run}: {reply}");
        }
    }

    [TestCase("GET / HTTP/1.1\r\nHost: x\r\n\r\n")]
    [TestCase("GET")]
    [TestCase("\x16\x03\x01")]
    [TestCase("SSH-2.0-OpenSSH")]
    [TestCase("[]\n")]
    [TestCase(" \t x")]
    public void What_is_no_Stratum_closes_at_once_and_without_a_word(string bytes)
    {
        var rig = new Rig();
        Assert.That(rig.Send(bytes), Is.Empty);
        Assert.That(rig.Session.CloseReason, Is.Not.Null);
        Assert.That(rig.Send(Rig.Subscribe), Is.Empty, "and nothing is heard after that");
    }

    [TestCase("""{"id":2,"method":"mining.authorize","params":["it's "quoted"","x"]}""")]
    [TestCase("""{"id":1,"id":1,"method":"mining.ping"}""")]
    [TestCase("""{"id":{},"method":"mining.ping"}""")]
    [TestCase("{")]
    public void Malformed_JSON_is_told_and_closes(string line)
    {
        var rig = new Rig();
        Assert.That(rig.Send(line + "\n"), Is.EqualTo("""{"id":null,"result":null,"error":[20,"Malformed JSON",null]}""" + "\n"));
        Assert.That(rig.Session.CloseReason, Is.EqualTo("malformed message"));
    }

    [TestCase("""{"id":1}""", "[20,\"No method\",null]")]
    [TestCase("""{"id":1,"method":null}""", "[20,\"No method\",null]")]
    [TestCase("""{"id":1,"method":{"a":1}}""", "[20,\"No method\",null]")]
    [TestCase("""{"id":1,"method":"\ud800"}""", "[-3,\"Method not found\",null]")]
    public void JSON_that_is_no_request_is_an_error_and_the_connection_stays(string line, string error)
    {
        var rig = new Rig();
        Assert.That(rig.Send(line + "\n"), Is.EqualTo($$"""{"id":1,"result":null,"error":{{error}}}""" + "\n"));
        Assert.That(rig.Session.CloseReason, Is.Null);
    }

    private static bool IsSound(Rig rig, string reply) =>
        reply.Split('\n', StringSplitOptions.RemoveEmptyEntries).All(IsJson)
        && rig.Judged.All(judged => judged.Verdict != ShareResult.Accepted || WasHandedOut(judged.Pending, reply));

    private static bool WasHandedOut(Pending share, string reply)
    {
        var work = share.Work.Work;
        return share.Worker!.Name.StartsWith(Rig.Address, StringComparison.Ordinal)
            && work.WireId == share.Share.JobId
            && reply.Contains(share.Share.JobId.ToString("x16", CultureInfo.InvariantCulture), StringComparison.Ordinal)
            && reply.Contains($"\"params\":[{share.Work.Difficulty.Difficulty.Text}]", StringComparison.Ordinal)
            && (share.Work.VersionMask & ~work.Job.VersionMask) == 0;
    }

    private static bool IsJson(string line)
    {
        var reader = new System.Text.Json.Utf8JsonReader(Encoding.UTF8.GetBytes(line));
        while (reader.Read())
        {
            // Reading to the end is the test: the reader throws at the first fault.
        }

        return true;
    }
}
