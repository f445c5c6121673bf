using System.Runtime.CompilerServices;

namespace Viddhana.Core.Stratum.V1;

/// <summary>What a JSON value is.</summary>
internal enum V1Kind : byte
{
    Missing,
    Null,
    True,
    False,
    Number,
    String,
    Array,
    Object,
}

/// <summary>Where a JSON value lies in its line. A string lies between its quotes.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Start">Its first byte.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="HasEscapes">A string with backslashes: its bytes are not yet its text.</param>
internal readonly record struct V1Value(V1Kind Kind, int Start, int Length, bool HasEscapes);

/// <summary>The first values of a request's parameters; no method has more that matter.</summary>
[InlineArray(V1Reader.ParamsMax)]
internal struct V1Params
{
    private V1Value _first;
}
