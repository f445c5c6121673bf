using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using Viddhana.Contracts.Config;
using Viddhana.Core.Shares;

namespace Viddhana.Tests.Engine.Blobs;

/// <summary>XMRig's other client (EthStratumClient.cpp): plain Stratum with the boundary in the job, as strict as it is.</summary>
[Category("a70")]
public sealed class XmrigKawPowTests
{
    private const string Login =
        "{\"id\":1,\"jsonrpc\":\"2.0\",\"method\":\"mining.subscribe\",\"params\":[\"XMRig/6.26.0\"]}\n"
        + "{\"id\":2,\"jsonrpc\":\"2.0\",\"method\":\"mining.authorize\",\"params\":[\"4wallet.rig1\",\"x\"]}\n";

    [Test]
    public void XMRig_mines_plain_jobs()
    {
        var rig = new BlobRig(BlobForm.Ethash, new DifficultyConfig { Start = "0.000000001", Min = "0.000000001", Vardiff = false });
        var lines = rig.Send(Login).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.That(lines, Has.Count.EqualTo(3));
        var extranonce = lines[0].GetProperty("result")[1].GetString()!;
        Assert.That(extranonce, Has.Length.EqualTo(4), "even, and at most eight digits");
        Assert.That(lines[1].GetProperty("result").GetBoolean(), Is.True);
        var job = lines[2].GetProperty("params");
        Assert.That(job.GetArrayLength(), Is.GreaterThanOrEqualTo(6));
        Assert.That(job[5].GetUInt64(), Is.EqualTo(3_000_001));

        for (var from = 0UL; from < 5_000; from += 1_000)
        {
            var answer = JsonDocument.Parse(rig.Send(Mine(job, extranonce, from))).RootElement;
            Assert.That(answer.GetProperty("result").GetBoolean(), Is.True);
        }

        Assert.That(rig.Judged.Select(judged => judged.Verdict), Is.All.EqualTo(ShareResult.Accepted));
        var next = JsonDocument.Parse(rig.NewJob(1)).RootElement.GetProperty("params");
        Assert.That(next[0].GetString(), Is.Not.EqualTo(job[0].GetString()), "it closes when a job comes twice");
        Assert.That(next[1].GetString(), Is.Not.EqualTo(job[1].GetString()));
    }

    private static string Mine(JsonElement job, string extranonce, ulong from)
    {
        var target = ulong.Parse(job[3].GetString()![..16], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        var start = ulong.Parse(extranonce.PadRight(16, '0'), NumberStyles.HexNumber, CultureInfo.InvariantCulture) + from;
        Span<byte> blob = stackalloc byte[40];
        Span<byte> hash = stackalloc byte[32];
        Convert.FromHexString(job[1].GetString()!).CopyTo(blob);
        do
        {
            BinaryPrimitives.WriteUInt64BigEndian(blob[32..], ++start);
            SeededPow.Compute(Convert.FromHexString(job[2].GetString()!), job[5].GetInt32(), blob, hash);
        }
        while (BinaryPrimitives.ReadUInt64LittleEndian(hash[24..]) >= ulong.MaxValue / (ulong.MaxValue / target));

        var (header, mix) = (job[1].GetString(), new string('b', 64));
        return $"{{\"id\":3,\"jsonrpc\":\"2.0\",\"method\":\"mining.submit\",\"params\":[\"4wallet.rig1\",\"{job[0].GetString()}\","
            + $"\"0x{start:x16}\",\"0x{header}\",\"0x{mix}\"]}}\n";
    }
}
