using System.Text.Encodings.Web;
using System.Text.Json;

namespace Viddhana.Simnode.Rpc;

/// <summary>How answers are written: quotes as <c>\"</c> and not as <c>\u0022</c>, as nodes do it.</summary>
internal static class JsonText
{
    public static readonly JsonWriterOptions Strict = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Without checks of structure, for answers that are put together from rendered pieces.</summary>
    public static readonly JsonWriterOptions Loose = Strict with { SkipValidation = true };
}
