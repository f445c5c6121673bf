using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using System.Text.Json;
using Viddhana.Contracts.Config;
using Viddhana.Core.Algorithms;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum;
using Viddhana.Core.Stratum.V1;

namespace Viddhana.Tests.Engine.Stratum;

/// <summary>
/// Whatever happens to connections, the same work is never credited twice, nor at another difficulty than the one that was announced before
/// its notify. The judge is a model of clients that knows only the lines they were sent, and hashes by itself.
/// </summary>
public sealed class CreditPropertyTests
{
    private const int DevicesCount = 3;

    // About half, a quarter and an eighth of all hashes are shares.
    private static readonly string[] Difficulties = ["0.0000000005", "0.000000001", "0.000000002"];

    private static readonly BigInteger Difficulty1Target = BigInteger.Parse("0ffff", System.Globalization.NumberStyles.HexNumber) << 208;

    [Test]
    public void Resume_renumbering_and_remembered_difficulty_never_credit_work_twice_nor_at_another_difficulty([Range(1, 12)] int seed)
    {
        var world = new World(seed);
        for (var step = 0; step < 1_500; step++) world.Step();
        Assert.That(world.Credited, Is.GreaterThan(50), $"seed {seed}: shares were credited");
        Assert.That(world.OldWorkCredited, Is.GreaterThan(0), $"seed {seed}: also of work from before a resume or another number");
    }

    /// <summary>What a client was sent under a job id.</summary>
    private sealed record Sent(JsonElement Params, string Difficulty, string Extranonce1, int Connection);

    private sealed class Device
    {
        public V1Session Session { get; set; } = null!;

        public string SessionId { get; set; } = "";

        public string Extranonce1 { get; set; } = "";

        public string Difficulty { get; set; } = "";

        public int Connection { get; set; }

        /// <summary>By job id; forgotten where the extranonce1 is not the old one again.</summary>
        public Dictionary<string, Sent> Work { get; } = [];
    }

    private sealed class World
    {
        private readonly int _seed;
        private readonly Random _random;
        private readonly Rig _rig = new(new DifficultyConfig { Start = Difficulties[0], Min = Difficulties[0], Max = Difficulties[2] });
        private readonly ShareProcessor _processor = new(PowAlgorithms.ByName["sha256d"], new DuplicateFilter());
        private readonly HashSet<BigInteger> _credited = [];
        private readonly List<Job> _live = [];
        private readonly Device[] _devices;
        private uint _tip = 1;

        public World(int seed)
        {
            _seed = seed;
            _random = new Random(seed);
            _live.Add(_rig.CurrentJob!);
            _devices = [.. Enumerable.Range(0, DevicesCount).Select(_ => new Device())];
            foreach (var device in _devices) Connect(device, resume: null);
        }

        public int Credited => _credited.Count;

        public int OldWorkCredited { get; private set; }

        public void Step()
        {
            _rig.NowMs += _random.Next(3_000);
            var device = _devices[_random.Next(DevicesCount)];
            switch (_random.Next(20))
            {
                case 0: Publish(isNewTip: _random.Next(4) == 0); break;
                case 1: Hear(device, Say(device, Rig.Ask("null", "mining.suggest_difficulty", $"[{Any(Difficulties)}]"))); break;
                case 2: Reconnect(device); break;
                case 3: Renumber(device); break;
                case 4: Tick(device); break;
                default: Submit(device); break;
            }
        }

        private T Any<T>(IReadOnlyList<T> of) => of[_random.Next(of.Count)];

        private void Publish(bool isNewTip)
        {
            if (isNewTip)
            {
                _tip++;
                foreach (var old in _live) old.Retire(_rig.NowMs);
                _live.Clear();
            }

            var job = _rig.MakeJob(_tip, isNewTip);
            _live.Add(job);
            _rig.CurrentJob = job;
            foreach (var device in _devices)
            {
                device.Session.OnJob(job, _rig.Output, _rig.Now);
                Hear(device, TakeOutput());
            }
        }

        private void Reconnect(Device device)
        {
            if (!device.Session.OnClosed(_rig.Now)) _rig.Numbers.Return(device.Session.Extranonce1);
            _rig.NowMs += _random.Next(100_000);
            Connect(device, _random.Next(4) > 0 ? device.SessionId : null);
        }

        private void Connect(Device device, string? resume)
        {
            device.Session = (V1Session)Dialects.ByName["v1"].NewSession(_rig.Pool, _rig.Port, _rig.Numbers.Take()!.Value, _rig.Now);
            device.Connection++;
            var before = device.Extranonce1;
            Hear(device, Say(device, Rig.Ask("1", "mining.subscribe", resume is null ? "[]" : $"""["test/1","{resume}"]""")));
            if (device.Extranonce1 != before) device.Work.Clear();
            Hear(device, Say(device, Rig.Ask("5", "mining.extranonce.subscribe", "[]")));
            Hear(device, Say(device, Rig.Authorize));
        }

        private void Renumber(Device device)
        {
            device.Session.TryRenumber(_rig.Output, _rig.Now);
            Hear(device, TakeOutput());
        }

        private void Tick(Device device)
        {
            device.Session.OnTick(_rig.Now, _rig.Output);
            Hear(device, TakeOutput());
        }

        // Few different nonces, so that the same share is often sent again.
        private void Submit(Device device)
        {
            if (device.Work.Count == 0) return;
            var sent = Any(device.Work.Values.ToList());
            var id = sent.Params[0].GetString()!;
            var (extranonce2, nonce) = ($"{_random.Next(2):x16}", $"{_random.Next(12):x8}");
            var answer = Say(device, Rig.Ask(
                "4", "mining.submit", $"""["{Rig.Address}.rig","{id}","{extranonce2}","{sent.Params[7].GetString()}","{nonce}"]"""));
            Hear(device, answer);
            if (!answer.Contains("\"id\":4,\"result\":true", StringComparison.Ordinal)) return;

            var hash = HashOf(sent, extranonce2, nonce);
            Assert.That(hash, Is.LessThanOrEqualTo(TargetOf(sent.Difficulty)), $"seed {_seed}: a share of its own difficulty");
            Assert.That(_credited.Add(hash), Is.True, $"seed {_seed}: {id} {extranonce2} {nonce} was credited before");
            if (sent.Connection != device.Connection || sent.Extranonce1 != device.Extranonce1) OldWorkCredited++;
        }

        private string Say(Device device, string line)
        {
            var bytes = Encoding.UTF8.GetBytes(line);
            Assert.That(device.Session.OnBytes(bytes, _rig.Round, _rig.Output, _rig.Now), Is.EqualTo(bytes.Length));
            _processor.Process(_rig.Round, _rig.Now);
            for (var i = 0; i < _rig.Round.Count; i++)
            {
                var pending = _rig.Round.Pending[i];
                if (_rig.Round.Verdicts[i] == ShareResult.Accepted) AssertCredit(device, pending);
                device.Session.OnVerdict(pending, _rig.Round.Verdicts[i], _rig.Output, _rig.Now);
            }

            _rig.Round.Clear();
            return TakeOutput();
        }

        // What the journal would be told, against what the client was told.
        private void AssertCredit(Device device, in Pending pending)
        {
            var sent = device.Work[pending.Share.JobId.ToString("x16")];
            var told = TargetOf(sent.Difficulty);
            Assert.That(pending.Work.Difficulty.Difficulty.Text, Is.EqualTo(sent.Difficulty), $"seed {_seed}");
            Assert.That((BigInteger)pending.Work.Difficulty.Work, Is.EqualTo((BigInteger.One << 256) / (told + 1)), $"seed {_seed}");
        }

        private void Hear(Device device, string output)
        {
            foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                var message = JsonDocument.Parse(line).RootElement;
                var method = message.TryGetProperty("method", out var name) ? name.GetString() : null;
                var parameters = method is null ? default : message.GetProperty("params");
                if (method == "mining.set_difficulty") device.Difficulty = parameters[0].GetRawText();
                if (method == "mining.set_extranonce") device.Extranonce1 = parameters[0].GetString()!;
                if (method == "mining.notify") Take(device, parameters);
                if (method is null && message.GetProperty("result") is { ValueKind: JsonValueKind.Array } result)
                    (device.SessionId, device.Extranonce1) = (result[0][1][1].GetString()!, result[1].GetString()!);
            }
        }

        private void Take(Device device, JsonElement parameters)
        {
            var sent = new Sent(parameters, device.Difficulty, device.Extranonce1, device.Connection);
            var isNew = !device.Work.TryGetValue(parameters[0].GetString()!, out var before);
            Assert.That(isNew || before!.Extranonce1 != sent.Extranonce1, Is.True, $"seed {_seed}: the same work was sent twice");
            device.Work[parameters[0].GetString()!] = sent;
        }

        private string TakeOutput()
        {
            var text = Encoding.UTF8.GetString(_rig.Output.Written);
            _rig.Output.Clear();
            return text;
        }

        private static BigInteger TargetOf(string difficulty)
        {
            var places = difficulty.Length - difficulty.IndexOf('.') - 1;
            var mantissa = BigInteger.Parse(difficulty.Replace(".", "", StringComparison.Ordinal));
            return BigInteger.Min((Difficulty1Target * BigInteger.Pow(10, places)) / mantissa, (BigInteger.One << 256) - 1);
        }

        private static BigInteger HashOf(Sent sent, string extranonce2, string nonce)
        {
            string Text(int index) => sent.Params[index].GetString()!;
            var root = Twice(Convert.FromHexString(Text(2) + sent.Extranonce1 + extranonce2 + Text(3)));
            foreach (var branch in sent.Params[4].EnumerateArray()) root = Twice([.. root, .. Convert.FromHexString(branch.GetString()!)]);
            byte[] header =
                [.. Reversed(Text(5)), .. Words(Text(1)), .. root, .. Reversed(Text(7)), .. Reversed(Text(6)), .. Reversed(nonce)];
            return new BigInteger(Twice(header), isUnsigned: true);
        }

        private static byte[] Twice(byte[] bytes) =>
            System.Security.Cryptography.SHA256.HashData(System.Security.Cryptography.SHA256.HashData(bytes));

        private static byte[] Reversed(string hex) => [.. Convert.FromHexString(hex).Reverse()];

        private static byte[] Words(string hex)
        {
            var bytes = Convert.FromHexString(hex);
            for (var at = 0; at < bytes.Length; at += 4)
                BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at)));
            return bytes;
        }
    }
}
