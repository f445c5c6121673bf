using System.CommandLine;
using System.Text.Json;
using Viddhana.Core.Algorithms;

namespace Viddhana.Miner.Bench;

/// <summary><c>viddhana-miner bench shares</c>: times share validation as the engine does it.</summary>
internal sealed class ShareBenchCommand(Command bench)
    : BenchSubcommand(bench, "shares", "time share validation: bare kernel, engine's hashing, whole decision")
{
    protected override void Measure(int rounds, bool asJson)
    {
        var shares = ShareBench.MeasureShares(rounds);
        var headers = ShareBench.MeasureHeaders(rounds);
        if (asJson)
        {
            using var output = Console.OpenStandardOutput();
            output.Write(Json(shares, headers));
            return;
        }

        Console.WriteLine($"kernels here: {NativeKernels.Describe()}; nanoseconds per share, median (quickest)");
        Console.WriteLine(
            $"{"kernel",-9} {"batch",5} {"bare kernel",19} {"engine's hashing",19} {"whole decision",19} {"engine/bare",11} {"adds ns",8}");
        foreach (var row in shares)
        {
            Console.WriteLine(
                $"{row.Kernel,-9} {row.Batch,5} {Text(row.Bare),19} {Text(row.Engine),19} {Text(row.Process),19} "
                + $"{row.EngineRatio,11:0.000} {row.ProcessAddsNs,8:0.0}");
        }

        Console.WriteLine("SHA-256d of an 80-byte header, nanoseconds per header, median (quickest)");
        foreach (var row in headers) Console.WriteLine($"{row.Kernel,-9} {row.Batch,5} {Text(row.Time),19}");
    }

    private static string Text(ShareTime time) => $"{time.MedianNs:0.0} ({time.MinNs:0.0})";

    private static byte[] Json(IReadOnlyList<ShareRow> shares, IReadOnlyList<HeaderRow> headers)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("kernels"u8, NativeKernels.Describe());
            json.WriteStartArray("shares"u8);
            foreach (var row in shares) Write(json, row);
            json.WriteEndArray();
            json.WriteStartArray("headers"u8);
            foreach (var row in headers)
            {
                json.WriteStartObject();
                json.WriteString("kernel"u8, row.Kernel);
                json.WriteNumber("batch"u8, row.Batch);
                Write(json, "time", row.Time);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return [.. stream.ToArray(), (byte)'\n'];
    }

    private static void Write(Utf8JsonWriter json, ShareRow row)
    {
        json.WriteStartObject();
        json.WriteString("kernel"u8, row.Kernel);
        json.WriteNumber("batch"u8, row.Batch);
        Write(json, "bare", row.Bare);
        Write(json, "engine", row.Engine);
        Write(json, "process", row.Process);
        json.WriteNumber("engineRatio"u8, Math.Round(row.EngineRatio, 4));
        json.WriteNumber("processAddsNs"u8, Math.Round(row.ProcessAddsNs, 2));
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, ShareTime time)
    {
        json.WriteStartObject(name);
        json.WriteNumber("medianNs"u8, Math.Round(time.MedianNs, 2));
        json.WriteNumber("minNs"u8, Math.Round(time.MinNs, 2));
        json.WriteEndObject();
    }
}
