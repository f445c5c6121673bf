using System.Text.Json;

namespace Viddhana.Miner.Report;

/// <summary>Totals as members of a JSON object.</summary>
internal static class TotalsJson
{
    public static void Write(Utf8JsonWriter json, Totals totals)
    {
        json.WriteNumber("submitted"u8, totals.Submitted);
        json.WriteNumber("accepted"u8, totals.Accepted);
        json.WritePropertyName("acceptedWork"u8);
        json.WriteRawValue(totals.AcceptedWork.ToString());
        json.WriteNumber("rejected"u8, totals.Rejected);
        json.WriteStartObject("rejectedByCode"u8);
        foreach (var (code, count) in totals.RejectedByCode) json.WriteNumber(code.ToString(), count);
        json.WriteEndObject();
        json.WriteNumber("unanswered"u8, totals.Unanswered);
        json.WritePropertyName("unansweredWork"u8);
        json.WriteRawValue(totals.UnansweredWork.ToString());
        json.WriteNumber("blocks"u8, totals.Blocks);
        json.WriteNumber("connects"u8, totals.Connects);
        json.WriteNumber("disconnects"u8, totals.Disconnects);
    }
}
