using System.Text.Json;
using Viddhana.Core.Algorithms;
using Viddhana.Core.Bytes;
using Viddhana.Miner;
using Viddhana.Miner.Hashing;
using Viddhana.Miner.Net;
using Viddhana.Miner.Report;
using Viddhana.Miner.Stratum;

namespace Viddhana.Tests.Engine.Miner;

/// <summary>The parts of the miner, each for itself.</summary>
[TestFixture]
public sealed class PartsTests
{
    [TestCase("5MH", 5e6)]
    [TestCase("5mh/s", 5e6)]
    [TestCase("1.5 GH", 1.5e9)]
    [TestCase("500k", 5e5)]
    [TestCase("800", 800)]
    [TestCase("2TH/s", 2e12)]
    [TestCase("max", double.PositiveInfinity)]
    public void Hash_rates_are_read(string text, double expected)
    {
        Assert.That(HashRate.TryParse(text, out var rate));
        Assert.That(rate, Is.EqualTo(expected));
    }

    [TestCase("")]
    [TestCase("0")]
    [TestCase("-5MH")]
    [TestCase("fast")]
    [TestCase("5XH")]
    [TestCase("1,5MH")]
    public void Other_hash_rates_are_refused(string text) => Assert.That(HashRate.TryParse(text, out _), Is.False);

    [TestCase("stratum+tcp://pool.example:3333", "pool.example", 3333, false)]
    [TestCase("stratum+ssl://1.2.3.4:3334", "1.2.3.4", 3334, true)]
    [TestCase("tls://[::1]:99", "::1", 99, true)]
    public void Pool_urls_are_read(string text, string host, int port, bool isTls)
    {
        Assert.That(PoolUrl.TryParse(text, out var url));
        Assert.That(url, Is.EqualTo(new PoolUrl(host, port, isTls)));
    }

    [TestCase("pool.example:3333")]
    [TestCase("http://pool.example:80")]
    [TestCase("stratum+tcp://pool.example")]
    [TestCase("stratum+tcp://:3333")]
    [TestCase(null)]
    public void Other_urls_are_refused(string? text) => Assert.That(PoolUrl.TryParse(text, out _), Is.False);

    [TestCase("a", 1, 1, "a")]
    [TestCase("a", 2, 3, "a.w2")]
    [TestCase("a.rig", 2, 3, "a.rig2")]
    [TestCase("a{n}.x", 2, 1, "a2.x")]
    public void Workers_are_numbered(string user, int number, int count, string expected) =>
        Assert.That(UserNames.For(user, number, count), Is.EqualTo(expected));

    [Test]
    public void Pauses_grow_to_the_limit_and_start_again_after_praise()
    {
        var backoff = new Backoff(new Random(1), 2_000);
        var pauses = Enumerable.Range(0, 40).Select(_ => backoff.NextMs()).ToArray();
        Assert.That(pauses[0], Is.InRange(125, 375));
        Assert.That(pauses[20..], Is.All.InRange(1_000, 3_000));
        Assert.That(pauses[20..].Distinct().Count(), Is.GreaterThan(5), "no two rigs in step");
        backoff.Reset();
        Assert.That(backoff.NextMs(), Is.InRange(125, 375));
    }

    [Test]
    public void Percentiles_are_right_to_one_part_in_32()
    {
        var latencies = new Latencies();
        for (var i = 1; i <= 10_000; i++) latencies.Add(TimeSpan.FromMicroseconds(i));
        Assert.That(latencies.Percentile(0.5), Is.InRange(5_000, 5_000 * 33 / 32));
        Assert.That(latencies.Percentile(0.99), Is.InRange(9_900, 10_000));
        Assert.That(latencies.MaxMicros, Is.EqualTo(10_000));

        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream)) latencies.Write(json);
        var histogram = JsonDocument.Parse(stream.ToArray()).RootElement.GetProperty("histogram").EnumerateArray().ToArray();
        Assert.That(histogram.Sum(bucket => bucket.GetProperty("count").GetInt64()), Is.EqualTo(10_000));
        var from8To15 = histogram.Single(bucket => bucket.GetProperty("belowMicros").GetInt64() == 16);
        Assert.That(from8To15.GetProperty("count").GetInt64(), Is.EqualTo(8));
    }

    [TestCase(1)]
    [TestCase(8)]
    [TestCase(12)]
    public void Work_is_handed_out_once_over_jobs_and_time(int extranonce2Size)
    {
        var source = new WorkSource(new Random(7));
        Assert.That(source.Take(64, 0), Is.Null);

        var seen = new HashSet<(string, uint, string)>();
        for (var round = 0; round < 20; round++)
        {
            source.Use(Job(extranonce2Size), 0x1fffe000);
            for (var i = 0; i < 5; i++)
            {
                var slice = source.Take(1_000, round * 300)!.Value;
                Assert.That(seen.Add((slice.Unit.Extranonce2, slice.FirstNonce, "same coinbase")), $"round {round}, slice {i}");
                Assert.That(slice.Unit.Extranonce2, Has.Length.EqualTo(2 * extranonce2Size));
                Assert.That(slice.Unit.VersionBits & ~0x1fffe000u, Is.Zero);
                Assert.That(slice.Unit.Ntime, Is.EqualTo(0x66000000 + (uint)(round * 300 / 1_000)), "time follows the clock");
            }
        }
    }

    [Test]
    public void A_unit_ends_before_its_nonces_run_out()
    {
        var source = new WorkSource(new Random(7));
        source.Use(Job(4), 0);
        var first = source.Take(int.MaxValue, 0)!.Value;
        var second = source.Take(int.MaxValue, 0)!.Value;
        var third = source.Take(int.MaxValue, 0)!.Value;
        Assert.That(second.Unit, Is.SameAs(first.Unit));
        Assert.That(second.FirstNonce, Is.EqualTo((uint)int.MaxValue));
        Assert.That(third.Unit, Is.Not.SameAs(first.Unit));
        Assert.That(third.FirstNonce, Is.Zero);
    }

    [TestCase(64)]
    [TestCase(1_000)]
    public void A_scan_finds_what_hashing_one_by_one_finds(int count)
    {
        var source = new WorkSource(new Random(3));
        source.Use(Job(8), 0);
        var slice = source.Take(count, 0)!.Value;
        var found = new List<FoundShare>();
        new HeaderScanner(Sha256d.Instance).Scan(slice, found);

        var expected = new List<uint>();
        var header = slice.Unit.Header.ToArray();
        var hash = new byte[32];
        for (var nonce = slice.FirstNonce; nonce < slice.FirstNonce + count; nonce++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(76), nonce);
            Sha256d.Hash(header, hash);
            if (UInt256.FromLittleEndian(hash) <= slice.Unit.Job.Difficulty.Target) expected.Add(nonce);
        }

        Assert.That(expected, Is.Not.Empty);
        Assert.That(found.Select(share => share.Nonce), Is.EqualTo(expected));
    }

    [Test, CancelAfter(60_000)]
    public void Every_client_of_the_pool_gets_its_slices_and_none_is_hashed_after_its_end()
    {
        var clients = new[] { new Client(1e6), new Client(1e5), new Client(double.PositiveInfinity) };
        using (var pool = new HashPool(Sha256d.Instance, threads: 2))
        {
            foreach (var client in clients) pool.Add(client);
            while (Array.Exists(clients, client => client.Hashes < 10_000)) Thread.Sleep(1);
        }

        var after = clients.Select(client => client.Hashes).ToArray();
        Thread.Sleep(20);
        Assert.That(clients.Select(client => client.Hashes), Is.EqualTo(after));
        Assert.That(clients.Select(client => client.Found), Is.All.GreaterThan(0));
    }

    private static StratumJob Job(int extranonce2Size)
    {
        Assert.That(ShareTarget.TryParse("0.000000001", Run.Difficulty1("sha256d"), out var difficulty));
        using var notify = JsonDocument.Parse(
            $$"""["j","{{new string('0', 64)}}","01","02",["{{new string('1', 64)}}"],"20000000","1d00ffff","66000000",false]""");
        var isRead = StratumJob.TryRead(
            notify.RootElement, difficulty!, [1, 2, 3, 4], extranonce2Size, 0x1fffe000, 0, out var job, out var error);
        Assert.That(isRead, error);
        return job!;
    }

    private sealed class Client(double rate) : IHashClient
    {
        private readonly WorkSource _source = new(new Random(5));
        private long _hashes;
        private long _found;
        private bool _started;

        public double HashesPerSecond => rate;

        public long Hashes => Interlocked.Read(ref _hashes);

        public long Found => Interlocked.Read(ref _found);

        public WorkSlice? Take(int count)
        {
            lock (_source)
            {
                if (!_started) _source.Use(Job(8), 0);
                _started = true;
                return _source.Take(count, 0);
            }
        }

        public void Report(in WorkSlice slice, List<FoundShare> found)
        {
            Interlocked.Add(ref _hashes, slice.Count);
            Interlocked.Add(ref _found, found.Count);
        }
    }
}
