using System.Runtime.CompilerServices;
using System.Text.Json;
using Viddhana.Core.Algorithms;

namespace Viddhana.Miner.Bench;

/// <summary>Times as one JSON object, with the runtime and the kernels that they were measured on.</summary>
internal static class BenchJson
{
    /// <summary>How this process was compiled, and the version of its runtime.</summary>
    public static string Runtime =>
        $"{(RuntimeFeature.IsDynamicCodeSupported ? "JIT" : "Native AOT")}, .NET {Environment.Version}";

    public static byte[] Write(IReadOnlyList<KernelTime> kernels, IReadOnlyList<BodyTime> bodies)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("runtime"u8, Runtime);
            json.WriteString("kernels"u8, NativeKernels.Describe());
            json.WriteStartArray("times"u8);
            foreach (var time in kernels) Write(json, time);
            json.WriteEndArray();
            json.WriteStartArray("bodies"u8);
            foreach (var time in bodies) Write(json, time);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return [.. stream.ToArray(), (byte)'\n'];
    }

    private static void Write(Utf8JsonWriter json, KernelTime time)
    {
        json.WriteStartObject();
        json.WriteString("algorithm"u8, time.Algorithm);
        json.WriteString("what"u8, time.What);
        json.WriteString("kernel"u8, time.Kernel);
        json.WriteNumber("batch"u8, time.Batch);
        json.WriteNumber("minNs"u8, Math.Round(time.MinNs, 2));
        json.WriteNumber("medianNs"u8, Math.Round(time.MedianNs, 2));
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, BodyTime time)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, time.Body.Name);
        json.WriteString("does"u8, time.Body.Does);
        json.WriteNumber("minNs"u8, Math.Round(time.MinNs, 2));
        json.WriteNumber("medianNs"u8, Math.Round(time.MedianNs, 2));
        json.WriteNumber("bytes"u8, Math.Round(time.Bytes, 2));
        json.WriteEndObject();
    }
}
