using Viddhana.Core.Stratum.V1;

namespace Viddhana.Core.Stratum.CryptoNote;

/// <summary>Named parameters of a request. Where a name comes twice, the first counts.</summary>
internal static class CryptoNoteParams
{
    /// <summary>
    /// A parameter by its name; its place is within the bytes of params. <see cref="V1Kind.Missing"/> where it is not there, or params are
    /// no object.
    /// </summary>
    public static V1Value Find(in V1Reader request, ReadOnlySpan<byte> name)
    {
        if (request.Params.Kind != V1Kind.Object) return default;

        var members = new V1Reader(request.Raw(request.Params));
        while (members.TryNextMember(out var key, out var value))
            if (members.Is(key, name)) return value;

        return default;
    }

    /// <summary>The text of a parameter; empty where it is missing, no string, or longer than <see cref="V1Text.Max"/>.</summary>
    public static ReadOnlySpan<byte> Text(in V1Reader request, ReadOnlySpan<byte> name, Span<byte> scratch)
    {
        var value = Find(request, name);
        if (value.Kind != V1Kind.String) return default;

        var text = new V1Reader(request.Raw(request.Params)).Text(value, scratch);
        if (!text.TryCopyTo(scratch)) return default;
        return scratch[..text.Length];
    }
}
