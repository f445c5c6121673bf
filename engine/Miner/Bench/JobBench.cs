using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Viddhana.Contracts;
using Viddhana.Core.Chains;
using Viddhana.Core.Jobs;
using Viddhana.Core.Stratum.V1;

namespace Viddhana.Miner.Bench;

/// <summary>One step from a node's template to miners' work.</summary>
/// <param name="What">The step.</param>
/// <param name="Transactions">Transactions in the template.</param>
/// <param name="MinUs">Quickest round, microseconds.</param>
/// <param name="MedianUs">Median of the rounds, microseconds.</param>
internal sealed record JobTime(string What, int Transactions, double MinUs, double MedianUs);

/// <summary>
/// Times what stands between the last byte of a node's answer and the first byte of <c>mining.notify</c>, on made-up templates of the size
/// that mainnet's have, and what is put off until miners have the job.
/// </summary>
internal static class JobBench
{
    private static readonly int[] s_sizes = [300, 3_000, 4_000];

    /// <summary>Measures; the steps take turns in every round.</summary>
    public static IReadOnlyList<JobTime> Measure(int rounds)
    {
        var cases = s_sizes.SelectMany(count => Cases(new Material(count))).ToArray();
        foreach (var one in cases) one.Run();
        for (var round = 0; round < rounds; round++)
        {
            foreach (var one in cases) one.Round();
        }

        return [.. cases.Select(one => one.Time())];
    }

    /// <summary>The times as a table for people.</summary>
    public static string Table(IReadOnlyList<JobTime> times)
    {
        var lines = times.Select(t => $"{t.What,-28} {t.Transactions,6} {t.MinUs,12:0.0} {t.MedianUs,12:0.0}");
        return $"{"step",-28} {"txs",6} {"min us",12} {"median",12}\n{string.Join('\n', lines)}\n";
    }

    /// <summary>The times as one JSON object.</summary>
    public static byte[] Json(IReadOnlyList<JobTime> times)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteStartArray("jobs"u8);
            foreach (var time in times)
            {
                json.WriteStartObject();
                json.WriteString("what"u8, time.What);
                json.WriteNumber("transactions"u8, time.Transactions);
                json.WriteNumber("minUs"u8, Math.Round(time.MinUs, 2));
                json.WriteNumber("medianUs"u8, Math.Round(time.MedianUs, 2));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return [.. stream.ToArray(), (byte)'\n'];
    }

    private static IEnumerable<Case> Cases(Material with)
    {
        yield return new Case("walk (is it a template?)", with.Count, () => with.Walk());
        yield return new Case("template to job", with.Count, () => with.MakeJob(with.Read()));
        yield return new Case("merkle branches", with.Count, () => with.Branches());
        yield return new Case("notify render", with.Count, () => with.Render());
        yield return new Case("settle, all new", with.Count, () => with.Read().Settle(null));
        yield return new Case("settle, all known", with.Count, () => with.Read().Settle(with.Settled));
        yield return new Case("block hex", with.Count, () => with.BlockHex());
    }

    private sealed class Case(string what, int count, Action run)
    {
        private readonly List<double> _rounds = [];

        public void Run() => run();

        public void Round()
        {
            var start = Stopwatch.GetTimestamp();
            run();
            _rounds.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }

        public JobTime Time()
        {
            _rounds.Sort();
            return new JobTime(what, count, _rounds[0], _rounds[_rounds.Count / 2]);
        }
    }

    /// <summary>A template as a node's JSON, and a job of it.</summary>
    private sealed class Material
    {
        private static readonly CoinDefinition s_coin = CoinDefinitions.Get("bitcoin")!;
        private static readonly IChain s_chain = Chains.ByName[s_coin.Chain];

        private readonly byte[] _json;
        private readonly byte[] _txids;
        private readonly Job _job;
        private uint _serial;

        public Material(int count)
        {
            Count = count;
            var random = new Random(count);
            _txids = new byte[32 * count];
            random.NextBytes(_txids);
            _json = Encoding.ASCII.GetBytes(Template(random));
            Settled = Read();
            _job = MakeJob(Settled);
            Settled.Settle(null);
        }

        public int Count { get; }

        public IChainTemplate Settled { get; }

        public void Walk()
        {
            var json = new JsonScanner(_json);
            json.Skip();
        }

        public IChainTemplate Read() => s_chain.ReadTemplate(_json, s_coin, out var error) ?? throw new FormatException(error);

        public Job MakeJob(IChainTemplate template)
        {
            var job = s_chain.MakeJob(template, new JobRequest
            {
                Serial = ++_serial,
                Tip = 1,
                IsNewTip = true,
                PayoutScript = new byte[22],
                Tag = "/viddhana/"u8.ToArray(),
                ProcessStart = 1,
                Extranonce2Size = 8,
                NowMs = 0,
                Render = V1Writer.Notify,
            });
            job.Variants.Get(job, 0);
            return job;
        }

        public void Branches() => Core.Chains.Bitcoin.MerkleTree.PathOfFirst(_txids);

        public void Render()
        {
            var variant = _job.Variants.Get(_job, 0);
            V1Writer.Notify(variant, clean: true);
        }

        public void BlockHex() => s_chain.MakeBlockHex(_job, new byte[80], new byte[200]);

        private string Template(Random random)
        {
            var text = new StringBuilder("{\"capabilities\":[\"proposal\"],\"version\":536870912,")
                .Append("\"rules\":[\"csv\",\"!segwit\",\"taproot\"],\"vbavailable\":{},\"vbrequired\":0,")
                .Append($"\"previousblockhash\":\"{new string('0', 19)}{new string('a', 45)}\",\"transactions\":[");
            for (var i = 0; i < Count; i++) text.Append(i > 0 ? "," : "").Append(Transaction(random));
            return text.Append("],\"coinbaseaux\":{},\"coinbasevalue\":312500000,\"longpollid\":\"00000000000000000007\",")
                .Append("\"mintime\":1700000000,\"curtime\":1700003600,\"bits\":\"17023ab3\",\"height\":905001,")
                .Append($"\"default_witness_commitment\":\"6a24aa21a9ed{new string('c', 64)}\"}}").ToString();
        }

        private static string Transaction(Random random)
        {
            var data = new byte[random.Next(160, 620)];
            var hash = new byte[32];
            random.NextBytes(data);
            random.NextBytes(hash);
            return $"{{\"data\":\"{Convert.ToHexStringLower(data)}\",\"txid\":\"{Convert.ToHexStringLower(hash)}\","
                + $"\"hash\":\"{Convert.ToHexStringLower(hash)}\",\"depends\":[],\"fee\":{random.Next(200, 9000)},\"sigops\":4,"
                + $"\"weight\":{data.Length * 3}}}";
        }
    }
}
