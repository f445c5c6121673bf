using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Viddhana.Contracts.Config;
using Viddhana.Core;
using Viddhana.Core.Bytes;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum;
using Viddhana.Tests.Engine.ChainFamilies;

namespace Viddhana.Tests.Engine.Stratum;

/// <summary>Nothing that is sent exceeds what the device at the other end can read.</summary>
public sealed class CoinbaseProfileTests
{
    private const string LongestTag = "/the longest tag of 32 letters!/";

    // Old firmware of the Bitaxe ends itself above it, newer refuses the job.
    private const int BranchesMax = 32;

    // Receive buffers of cgminer and its descendants are at least this long.
    private const int LineMax = 8_192;

    // StaticJsonDocument of the NerdMiner.
    private const int DocumentMax = 4_096;

    [TestCase("NerdMinerV2/V1.8.3", "nerdminer", 255)]
    [TestCase("HAN_SOLOminer/V1.8.3", "nerdminer", 255)]
    [TestCase("nerdminerv2", "nerdminer", 255)]
    [TestCase("NiceHash/1.0.0", "nicehash", 500)]
    [TestCase("NiceHash", "default", 730)]
    [TestCase("Antminer S19j Pro/Mon Jul 3", "default", 730)]
    [TestCase("Antminer S21/Mon Jul 3", "antminer-s21", 2_250)]
    [TestCase("bosminer-plus-tuner 0.9", "braiins", 2_250)]
    [TestCase("x bosminer-plus-tuner/24.09", "braiins", 2_250)]
    [TestCase("whatsminer/v1.0", "whatsminer", 6_500)]
    [TestCase("bitaxe/BM1370/v2.9.0", "bitaxe", 6_500)]
    [TestCase("BitAxe", "bitaxe", 6_500)]
    [TestCase("PowerPlay-BM/0.1", "epic", 16_000)]
    [TestCase("xminer-1.2.6", "vnish", 16_000)]
    [TestCase("cgminer/4.11.1", "default", 730)]
    [TestCase("", "default", 730)]
    public void A_user_agent_has_the_first_profile_that_fits_and_unknown_ones_the_safe_one(string userAgent, string name, int coinbaseMax)
    {
        var profile = new CoinbaseProfiles(new CoinbaseConfig()).Of(userAgent);
        Assert.That((profile.Name, profile.CoinbaseMax), Is.EqualTo((name, coinbaseMax)));
    }

    // Goal: no device is sent more than it can hold. Method: every profile, every size of extranonce2, the longest payout script and tag,
    // with and without flags of the node, usual and oversized commitments, as many branches as a block can have.
    [Test]
    [Category("a39")]
    [Category("a41")]
    public void Nothing_exceeds_what_its_device_can_read_whatever_the_template_holds()
    {
        var refused = new HashSet<string>();
        foreach (var (commitment, flags) in new[] { (38, 0), (38, 75), (60, 40), (150, 75), (252, 75) })
        {
            for (var size = 4; size <= 8; size++)
            {
                foreach (var (rig, (userAgent, max)) in OnEveryDevice(Job(commitment, flags, size)))
                    if (!IsServed(rig.LogIn(userAgent), userAgent, max, size)) refused.Add($"{max} {commitment}");
            }
        }

        Assert.That(refused, Is.EquivalentTo(new[] { "255 150", "255 252" }), "even without tag and flags: what is required is too much");
    }

    [Test]
    public void A_usual_coinbase_is_one_frame_for_every_device()
    {
        for (var size = 4; size <= 8; size++)
        {
            var job = Job(commitment: 38, flags: 0, size);
            var frames = new CoinbaseProfiles(new CoinbaseConfig()).All.Select(p => job.Variants.Get(job, 0, p.CoinbaseMax)).ToHashSet();
            Assert.That(frames, Is.EquivalentTo(new[] { job.Variants.Get(job, 0) }), "the same object, hence the same bytes");
        }
    }

    [Test]
    public void A_coinbase_that_is_too_large_goes_without_flags_then_without_tag_then_not_at_all()
    {
        var job = Job(commitment: 38, flags: 20, size: 8);
        var whole = job.Variants.SizeFor(16_000);
        var withoutFlags = whole - 1 - 20;
        var bare = withoutFlags - 1 - LongestTag.Length;
        Assert.That(Sizes(whole, whole - 1, withoutFlags, withoutFlags - 1, bare, bare - 1),
            Is.EqualTo(new[] { whole, withoutFlags, withoutFlags, bare, bare, 0 }));
        Assert.That(job.Variants.Get(job, 0, bare - 1), Is.Null);

        var texts = new[] { whole, withoutFlags, bare }.Select(max => Hex.ToText(job.Variants.Get(job, 0, max)!.Coinbase2)).ToList();
        var tag = Hex.ToText(Encoding.ASCII.GetBytes(LongestTag));
        Assert.That(texts.Select(text => text.Contains(tag)), Is.EqualTo(new[] { true, true, false }));
        Assert.That(texts.Select(text => text.Contains(new string('a', 40))), Is.EqualTo(new[] { true, false, false }));

        int[] Sizes(params int[] limits) => [.. limits.Select(job.Variants.SizeFor)];
    }

    [Test]
    [Category("a45")]
    public void Every_form_of_every_variant_has_work_and_an_id_of_its_own_and_is_made_once()
    {
        var job = Job(commitment: 38, flags: 20, size: 8);
        var limits = new[] { 16_000, job.Variants.SizeFor(16_000) - 1, job.Variants.SizeFor(16_000) - 22 };
        var made = new List<JobVariant>();
        foreach (var limit in limits)
            for (ushort number = 0; number < JobVariants.VariantsMax; number++) made.Add(job.Variants.Get(job, number, limit)!);

        Assert.That(made.Select(v => v.WireId).ToHashSet(), Has.Count.EqualTo(made.Count));
        Assert.That(made.Select(v => Hex.ToText(v.Coinbase1)).ToHashSet(), Has.Count.EqualTo(made.Count));
        Assert.That(job.Variants.Get(job, 7, limits[2]), Is.SameAs(made[(2 * JobVariants.VariantsMax) + 7]));
        Assert.That(() => job.Variants.Get(job, JobVariants.VariantsMax, limits[2]), Throws.TypeOf<BrokenInvariantException>());
    }

    [Test]
    public void A_device_that_cannot_read_even_the_smallest_is_refused_at_login_and_cut_off_when_a_job_outgrows_it()
    {
        var small = Job(commitment: 38, flags: 0, size: 8);
        var config = new CoinbaseConfig { MaxBytes = small.Variants.SizeFor(16_000) };
        var rig = new ChainRig(small, config);
        Assert.That(rig.LogIn("cgminer/4.11.1")[^1], Does.Contain("mining.notify"));
        Assert.That(rig.Publish(Job(commitment: 252, flags: 0, size: 8, serial: 2)), Is.Empty);
        Assert.That(rig.Session.CloseReason, Does.Contain("too large"));

        var again = new ChainRig(Job(commitment: 252, flags: 0, size: 8), config);
        Assert.That(again.LogIn("cgminer/4.11.1")[^1], Is.EqualTo(
            """{"id":2,"result":false,"error":[24,"The coinbase is too large for this device",null]}"""));
        Assert.That(again.Session.CloseReason, Is.Null);
        Assert.That(again.LogIn("bitaxe/BM1370/v2.9")[^1], Does.Contain("mining.notify"), "another device");
        Assert.That(again.LogIn("cgminer/4.11.1", authorizeFirst: true), Has.None.Contains("\"method\""), "no work");
        Assert.That(again.Session.CloseReason, Does.Contain("too large"));
    }

    private static bool IsServed(List<string> lines, string userAgent, int max, int extranonce2Size)
    {
        foreach (var line in lines) Assert.That(Encoding.ASCII.GetByteCount(line), Is.LessThan(LineMax), line);
        if (lines.Find(line => line.Contains("mining.notify\",\"params")) is not { } notify)
        {
            Assert.That(lines[^1], Does.Contain("\"result\":false").And.Contain("too large"), userAgent);
            return false;
        }

        var read = JsonDocument.Parse(notify).RootElement.GetProperty("params");
        var bytes = Coinbase(read, extranonce2Size);
        Assert.That(bytes, Has.Length.LessThanOrEqualTo(max), userAgent);
        Assert.That(new RawBlock([.. new byte[80], 1, .. bytes]).Suffix, Is.Empty, "a transaction and nothing else");
        Assert.That(read[4].GetArrayLength(), Is.EqualTo(16).And.LessThanOrEqualTo(BranchesMax));
        if (userAgent.StartsWith("NerdMiner", StringComparison.Ordinal))
            Assert.That(DocumentSize(notify), Is.LessThanOrEqualTo(DocumentMax), "its JSON document");
        return true;
    }

    private static IEnumerable<(string UserAgent, int Max)> Devices() =>
    [
        ("NerdMinerV2/V1.8.3", 255), ("NiceHash/1.0.0", 500), ("cgminer/4.11.1", 730), ("Antminer S21/x", 2_250),
        ("bosminer-plus-tuner", 2_250), ("whatsminer/v1.0", 6_500), ("bitaxe/BM1370/v2.9", 6_500), ("xminer-1.2", 16_000),
    ];

    private static IEnumerable<(ChainRig Rig, (string, int) Device)> OnEveryDevice(Job job) =>
        Devices().Select(device => (new ChainRig(job, new CoinbaseConfig()), device));

    private static readonly JsonArray Transactions = new([.. Enumerable.Range(1, 65_535)
        .Select(i => (JsonNode)new JsonObject { ["data"] = "00", ["txid"] = $"{i:x64}", ["hash"] = $"{i:x64}" })]);

    private static readonly Dictionary<(int Commitment, int Flags), string> Templates = [];

    // A payout script as long as those of P2TR and P2WSH.
    private static Job Job(int commitment, int flags, int size, uint serial = 1)
    {
        if (!Templates.TryGetValue((commitment, flags), out var text)) Templates[(commitment, flags)] = text = Template(commitment, flags);
        var template = TemplateText.Chain.ReadTemplate(Encoding.ASCII.GetBytes(text), TemplateText.Bitcoin, out var error);
        Assert.That(error, Is.Empty);
        return TemplateText.Chain.MakeJob(template!, TemplateText.Request(size, LongestTag) with
        {
            Serial = serial,
            PayoutScript = [0x51, 0x20, .. new byte[32]],
            Render = Dialects.ByName["v1"].RenderNotify,
        });
    }

    private static string Template(int commitment, int flags)
    {
        var template = TemplateText.Regtest();
        template["height"] = 8_388_608;
        template["default_witness_commitment"] = "6a24aa21a9ed" + new string('c', 2 * (commitment - 6));
        template["coinbaseaux"] = new JsonObject { ["flags"] = new string('a', 2 * flags) };
        template["transactions"] = Transactions.DeepClone();
        return template.ToJsonString();
    }

    private static byte[] Coinbase(JsonElement notify, int extranonce2Size) => Convert.FromHexString(
        notify[2].GetString() + "0040000a" + new string('0', 2 * extranonce2Size) + notify[3].GetString());

    // ArduinoJson 6 on a 32-bit machine: 16 bytes for each value, and every different text with a zero after it.
    private static int DocumentSize(string json)
    {
        var texts = new HashSet<string>();
        return Values(JsonDocument.Parse(json).RootElement, texts) + texts.Sum(text => text.Length + 1);

        static int Values(JsonElement value, HashSet<string> texts)
        {
            if (value.ValueKind == JsonValueKind.String) texts.Add(value.GetString()!);
            if (value.ValueKind == JsonValueKind.Array) return value.EnumerateArray().Sum(item => 16 + Values(item, texts));
            if (value.ValueKind != JsonValueKind.Object) return 0;
            foreach (var member in value.EnumerateObject()) texts.Add(member.Name);
            return value.EnumerateObject().Sum(member => 16 + Values(member.Value, texts));
        }
    }

    /// <summary>A pool whose job is given, and its newest session.</summary>
    private sealed class ChainRig(Job job, CoinbaseConfig config)
    {
        private readonly FrameBuffer _output = new();
        private Job _job = job;

        public ISession Session { get; private set; } = null!;

        private static Now Now => new(1_000_000, 1_700_000_000_000);

        public List<string> LogIn(string userAgent, bool authorizeFirst = false)
        {
            var coin = TemplateText.Bitcoin;
            var pool = new SessionPool(coin, coin.Networks["mainnet"], _job.Extranonce2Size, () => _job, new LimitsConfig())
            {
                Profiles = new CoinbaseProfiles(config),
            };
            Session = Dialects.ByName["v1"].NewSession(pool, new SessionPort(new DifficultyConfig()), 0x0040000a, Now);
            var subscribe = Rig.Ask("1", "mining.subscribe", $"[\"{userAgent}\"]");
            var text = authorizeFirst ? Rig.Authorize + subscribe : subscribe + Rig.Authorize;
            Session.OnBytes(Encoding.ASCII.GetBytes(text), new Round(4), _output, Now);
            return Lines();
        }

        public List<string> Publish(Job next)
        {
            _job = next;
            Session.OnJob(next, _output, Now);
            return Lines();
        }

        private List<string> Lines()
        {
            var lines = Encoding.ASCII.GetString(_output.Written).Split('\n', StringSplitOptions.RemoveEmptyEntries).ToList();
            _output.Clear();
            return lines;
        }
    }
}
