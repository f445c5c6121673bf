using System.Text.Json;

namespace Viddhana.Tests.EndToEnd.Harness;

/// <summary>What viddhana-miner wrote about each answered submit.</summary>
internal sealed record Answer(string Worker, string Job, bool Accepted, ulong Work, string? Error)
{
    public static List<Answer> Read(string file)
    {
        var answers = new List<Answer>();
        foreach (var line in File.ReadLines(file))
        {
            // The last line may be torn when the miner itself was ended in the middle of it.
            if (!line.EndsWith('}')) continue;
            var json = JsonDocument.Parse(line).RootElement;
            answers.Add(new Answer(
                json.GetProperty("worker").GetString()!, json.GetProperty("job").GetString()!,
                json.GetProperty("result").ValueKind == JsonValueKind.True, json.GetProperty("work").GetUInt64(),
                json.GetProperty("error").ValueKind == JsonValueKind.Null ? null : json.GetProperty("error").ToString()));
        }

        return answers;
    }
}
