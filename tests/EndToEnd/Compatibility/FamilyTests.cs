using System.Globalization;
using System.Numerics;
using Viddhana.Tests.EndToEnd.Compatibility.Harness;
using Viddhana.Tests.EndToEnd.Compatibility.Models;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.EndToEnd.Compatibility;

/// <summary>
/// Whole sessions of every family of clients: connect, log in, work, a share, another difficulty, a block, a reconnect. What the client
/// sends and must be sent stands in the files of <c>Families</c>; a strict model of it reads along and computes the shares.
/// </summary>
public sealed class FamilyTests
{
    private static readonly string[] Inferred = ["btminer", "miningrigrentals", "nicehash", "nicehash-hard"];

    private WireEngine? _easy;
    private WireEngine? _hard;

    private static string[] Names => FamilyTranscript.Names;

    [OneTimeSetUp]
    public async Task StartEngines()
    {
        // Nothing but what the transcripts cause: no fresh templates meanwhile.
        const string pool = "refresh_seconds: 600";
        _easy = await WireEngine.Start(new EngineSetup { Bits = "1f00ffff", StartDifficulty = "0.000003", Pool = pool });
        _hard = await WireEngine.Start(new EngineSetup { Bits = "1a00ffff", StartDifficulty = "0.5", Pool = pool });
    }

    [OneTimeTearDown]
    public async Task EndEngines()
    {
        if (_easy is not null) await _easy.DisposeAsync();
        if (_hard is not null) await _hard.DisposeAsync();
    }

    [TestCaseSource(nameof(Names))]
    [Category("a36")]
    [Category("a40")]
    public async Task A_session_goes_as_this_client_expects(string family)
    {
        var isHard = family.EndsWith("-hard", StringComparison.Ordinal);
        var engine = isHard ? _hard! : _easy!;
        using var session = new FamilySession(FamilyTranscript.Read(family), engine, $"{engine.Miner}.{family}", isHard);
        await session.Run(family);
    }

    [Test]
    public void Every_family_has_a_transcript_that_says_where_it_was_read()
    {
        Assert.That(Names, Is.SupersetOf((string[])[
            "antminer", "bfgminer", "bitaxe", "bitaxe-old", "braiins", "btminer", "cgminer", "cpuminer-opt", "cpuminer-pooler",
            "cpuminer-tpruvot", "miningrigrentals", "nerdminer", "nicehash"]));
        foreach (var name in Names)
        {
            var source = FamilyTranscript.Read(name).Source;
            if (Inferred.Contains(name)) Assert.That(source, Does.StartWith("inferred"), name);
            else Assert.That(source, Does.Match(@"^\S+/\S+ [0-9a-f]{7,8} \S+"), name);
        }
    }

    private sealed class FamilySession(FamilyTranscript transcript, WireEngine engine, string user, bool isHard) : IDisposable
    {
        private readonly ClientModel _model = ClientModels.New(transcript.Model);
        private readonly Dictionary<string, string> _known = new(StringComparer.Ordinal) { ["user"] = user };
        private WireClient? _client;
        private (int Accepted, int Refused)? _before;

        public async Task Run(string family)
        {
            _client = await engine.Connect();
            for (var i = 0; i < transcript.Steps.Count; i++)
            {
                var (line, mark, text) = transcript.Steps[i];
                var where = $"{family}.txt:{line}";
                if (mark == "<" && _before is not null && i + 1 < transcript.Steps.Count) i += await ExpectAnswer(text, i + 1, where);
                else if (mark == "<") await Expect(text, where);
                else if (mark == "*") await Happen(text);
                else i += await Send(i) - 1;
            }
        }

        public void Dispose() => _client?.Dispose();

        // Lines that stand together are one write.
        private async Task<int> Send(int from)
        {
            var lines = new List<string>();
            do
            {
                lines.Add(FamilyTranscript.Fill(transcript.Steps[from + lines.Count].Text, _known));
                _model.Send(lines[^1]);
                if (lines[^1].Contains("mining.submit", StringComparison.Ordinal)) _before = _model.Shares;
            }
            while (from + lines.Count < transcript.Steps.Count && transcript.Steps[from + lines.Count].Mark == ">");

            await _client!.Send([.. lines]);
            return lines.Count;
        }

        private async Task Expect(string text, string where) => Take(text, await _client!.Line(), where);

        // A share that is a block: the work on top of it may come before the answer. Returns how many further steps that took.
        private async Task<int> ExpectAnswer(string text, int next, string where)
        {
            var line = await _client!.Line();
            var (_, mark, work) = transcript.Steps[next];
            var isWork = mark == "<" && work.Contains("mining.notify", StringComparison.Ordinal);
            if (!isWork || !FamilyTranscript.Matches(work, line, _known))
            {
                Take(text, line, where);
                return 0;
            }

            _model.Receive(line);
            await Expect(text, where);
            return 1;
        }

        private void Take(string text, string line, string where)
        {
            Assert.That(FamilyTranscript.Matches(text, line, _known), $"{where} expects\n{text}\nbut there came\n{line}");
            _model.Receive(line);
            if (_before is not { } before) return;

            // It must know as well as we do whether its share was taken.
            var (accepted, refused) = text.Contains("\"result\":true", StringComparison.Ordinal) ? (1, 0) : (0, 1);
            Assert.That(_model.Shares, Is.EqualTo((before.Accepted + accepted, before.Refused + refused)), where);
            _before = null;
        }

        private async Task Happen(string what)
        {
            if (what == "share") FindShare();
            else if (what == "block") await engine.Chain.OtherMinersFind(1);
            else if (what == "reconnect") await Reconnect();
            else if (what.StartsWith("difficulty ", StringComparison.Ordinal))
                await _client!.Send($$"""{"id":null,"method":"mining.suggest_difficulty","params":[{{what[11..]}}]}""");
            else throw new FormatException($"nothing is known of '{what}'");
        }

        private void FindShare()
        {
            var job = _client!.Job!;
            var told = double.Parse(job.Difficulty, CultureInfo.InvariantCulture);
            Assert.That(_model.Work!.JobId, Is.EqualTo(job.Id));
            if (isHard || _model is not OldBitaxeModel)
                Assert.That(_model.Difficulty, Is.EqualTo(told).Within(0.0001).Percent, "its shares are judged by what it reads");

            var share = StratumHeader.ShareTarget(job.Difficulty, StratumHeader.BitcoinDifficultyOne);
            var block = StratumHeader.BlockTarget(job.Nbits);
            var found = _model.FindShare(hash => isHard || Fits(hash, share, block));
            (_known["job"], _known["extranonce2"], _known["ntime"]) = (found.JobId, found.Extranonce2, found.Ntime);
            (_known["nonce"], _known["bits"]) = (found.Nonce, found.Bits);
        }

        // No block by chance: the transcript would go on otherwise.
        private static bool Fits(BigInteger hash, BigInteger share, BigInteger block) => hash <= share && (share <= block || hash > block);

        // The engine has seen the end of the old connection before the new one begins, as it has where a miner takes a while.
        private async Task Reconnect()
        {
            _client!.Dispose();
            await Eventually.Holds("the connection is gone", async () =>
                (await engine.Metrics()).Split('\n').Where(line => line.StartsWith("stratum_connections_total", StringComparison.Ordinal))
                    .All(line => line.EndsWith(" 0", StringComparison.Ordinal)));
            _client = await engine.Connect();
            _model.Reconnect();
        }
    }
}
